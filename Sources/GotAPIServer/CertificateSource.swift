// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPIWeb

/// Where the files are that the gateway proves itself with.
enum CertificateSource: Sendable {
    /// The owner named certificate and key.
    case owners(TLSIdentity)
    case own(CertificateFolder)

    init(_ configuration: Configuration) {
        if let certificateFile = configuration.tlsCertificateFile, let keyFile = configuration.tlsKeyFile {
            self = .owners(
                TLSIdentity(certificateFile: certificateFile, keyFile: keyFile, chainFile: configuration.tlsChainFile))
        } else {
            self = .own(CertificateFolder(path: configuration.certificateFolder))
        }
    }

    var identity: TLSIdentity {
        switch self {
        case .owners(let identity): identity
        case .own(let folder): folder.identity
        }
    }
}
