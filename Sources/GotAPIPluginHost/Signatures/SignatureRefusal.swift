// Swift GotAPI · SPDX-License-Identifier: MIT

/// Why a signature is not accepted. The texts in it are printable.
enum SignatureRefusal: Error, Equatable {
    /// There is no signature file.
    case missing
    /// It is no detached CMS signature in DER; in words that follow the file's name.
    case malformed(String)
    /// Nobody whom the trust folder knows; the signer in words.
    case unknownSigner(String)
    /// It does not fit the library; the signer's subject.
    case wrong(signer: String)
    /// A digest, a key or a certificate that is not accepted; in words that follow the file's name.
    case unsuitable(String)
    /// The subject of the certificate whose time has not come.
    case notYetValid(String)
    /// The subject of the certificate whose time is over.
    case expired(String)

    /// How near to being accepted it was: of a file's several signers, the nearest one is reported.
    var rank: Int {
        switch self {
        case .missing, .malformed: 0
        case .unknownSigner: 1
        case .wrong: 2
        case .unsuitable: 3
        case .notYetValid, .expired: 4
        }
    }
}
