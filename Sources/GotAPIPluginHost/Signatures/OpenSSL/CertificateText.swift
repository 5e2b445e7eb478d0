// Swift GotAPI · SPDX-License-Identifier: MIT

import COpenSSL
import GotAPICore

/// Certificates in words. All texts are printable and of bounded length, whatever the certificate says.
enum CertificateText {
    /// In characters.
    private static let maximumLength = 200

    static func subject(of certificate: OpaquePointer) -> String { text(of: X509_get_subject_name(certificate)) }

    /// SHA-256 of the DER form, in lower-case hexadecimal digits.
    static func sha256(of certificate: OpaquePointer) -> String {
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var count: UInt32 = 0
        guard X509_digest(certificate, EVP_sha256(), &digest, &count) == 1 else { return "" }
        return hexadecimal(digest.prefix(Int(count)))
    }

    /// What a signature says of its signer where there is no certificate.
    static func nameOfSigner(_ signer: OpaquePointer) -> String {
        var keyIdentifier: UnsafeMutablePointer<ASN1_OCTET_STRING>?
        var issuer: OpaquePointer?
        var serial: UnsafeMutablePointer<ASN1_INTEGER>?
        guard CMS_SignerInfo_get0_signer_id(signer, &keyIdentifier, &issuer, &serial) == 1 else { return "nameless" }
        if let serial {
            let number = textWritten { i2a_ASN1_INTEGER($0, serial) }
            return "the certificate with the number \(shortened(number)) that \(text(of: issuer)) has issued"
        }
        let bytes = UnsafeBufferPointer(
            start: ASN1_STRING_get0_data(keyIdentifier), count: Int(max(0, ASN1_STRING_length(keyIdentifier))))
        return "the key with the identifier \(hexadecimal(bytes.prefix(32)))"
    }

    /// The short name of an algorithm.
    static func name(of identifier: Int32) -> String {
        identifier == NID_undef ? "unknown" : OBJ_nid2sn(identifier).map { String(cString: $0) } ?? "unknown"
    }

    /// The name of a key's curve; empty where it has none.
    static func curve(of key: OpaquePointer) -> String {
        var name = [CChar](repeating: 0, count: 80)
        var count = 0
        guard EVP_PKEY_get_group_name(key, &name, name.count, &count) == 1 else { return "" }
        return String(decoding: name.prefix(count).map(UInt8.init(bitPattern:)), as: UTF8.self)
    }

    /// RFC 2253, but for characters beyond ASCII, which stand for themselves (X509_NAME_print_ex(3)).
    private static func text(of name: OpaquePointer?) -> String {
        guard let name else { return "nobody" }
        let text = textWritten { X509_NAME_print_ex($0, name, 0, COpenSSL_name_flags()) }
        return text.isEmpty ? "nobody" : shortened(text)
    }

    private static func shortened(_ text: String) -> String {
        let text = text.printable
        return text.count > maximumLength ? text.prefix(maximumLength - 1) + "…" : text
    }
}
