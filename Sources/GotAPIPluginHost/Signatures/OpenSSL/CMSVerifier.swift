// Swift GotAPI · SPDX-License-Identifier: MIT

import COpenSSL
import GotAPICore

/// Verifies detached CMS signatures (RFC 5652) by the certificates that the owner trusts.
///
/// A file may have several signers, a vendor and an owner for example. One of them must be trusted, and its signature
/// must be right and cover the content; what the others are does not matter.
struct CMSVerifier {
    /// What a signature file may hold: far more than any needs, and few enough to bound the work.
    static let maximumSigners: Int32 = 8
    static let maximumCertificates: Int32 = 16
    /// Certificates between a signer's and the trust folder's.
    private static let maximumDepth: Int32 = 8

    /// The signer whose signature was accepted.
    struct Signer: Equatable {
        let subject: String
        let certificateSHA256: String
    }

    /// What the owner trusts.
    let trusted: [Certificate]
    /// The time that certificates must be valid at, in seconds since 1970; `nil`: their time does not count.
    let time: Int?

    /// - Parameters:
    ///   - signature: the signature file.
    ///   - content: has seen all that the signature is to cover.
    func verify(_ signature: [UInt8], of content: borrowing ContentDigest) throws(SignatureRefusal) -> Signer {
        // Whatever libcrypto says of what it refused would be left to the thread's next user of it.
        defer { ERR_clear_error() }
        let message = try CMSMessage(signature)
        guard let anchors = CertificateStack() else { throw .malformed("cannot be verified: out of memory") }
        for certificate in trusted { _ = anchors.append(certificate) }
        var nearest = SignatureRefusal.malformed("has no signer")
        for index in 0..<message.signerCount {
            guard let signer = message.signer(index) else { continue }
            do throws(SignatureRefusal) {
                return try verify(signer, of: content, anchors: anchors, embedded: message.certificates)
            } catch {
                if error.rank > nearest.rank { nearest = error }
            }
        }
        throw nearest
    }

    /// Tries each certificate that the signer may mean: those that the owner trusts, then those that the file brings.
    ///
    /// A signer names its certificate by issuer and serial number or by key identifier, which others may repeat.
    private func verify(
        _ signer: OpaquePointer, of content: borrowing ContentDigest, anchors: borrowing CertificateStack,
        embedded: borrowing CertificateStack
    ) throws(SignatureRefusal) -> Signer {
        try checkDigest(of: signer)
        var nearest = SignatureRefusal.unknownSigner(CertificateText.nameOfSigner(signer))
        for index in 0..<(anchors.count + embedded.count) {
            guard let certificate = index < anchors.count ? anchors[index] : embedded[index - anchors.count],
                CMS_SignerInfo_cert_cmp(signer, certificate) == 0
            else { continue }
            do throws(SignatureRefusal) {
                try checkKey(of: certificate)
                try checkSignature(of: signer, by: certificate, content)
                try checkTrust(in: certificate, anchors: anchors, embedded: embedded)
                return Signer(
                    subject: CertificateText.subject(of: certificate),
                    certificateSHA256: CertificateText.sha256(of: certificate))
            } catch {
                // With a certificate, more is known of the same.
                if error.rank >= nearest.rank { nearest = error }
            }
        }
        throw nearest
    }

    // MARK: - What may sign

    private func checkDigest(of signer: OpaquePointer) throws(SignatureRefusal) {
        var algorithm: UnsafeMutablePointer<X509_ALGOR>?
        CMS_SignerInfo_get0_algs(signer, nil, nil, &algorithm, nil)
        let identifier = OBJ_obj2nid(algorithm?.pointee.algorithm)
        guard identifier == NID_sha256 else {
            throw .unsuitable("uses the digest \(CertificateText.name(of: identifier)); sign with -md sha256")
        }
    }

    /// ECDSA on P-256, or RSA from 2048 bits on.
    private func checkKey(of certificate: OpaquePointer) throws(SignatureRefusal) {
        let subject = CertificateText.subject(of: certificate)
        guard let key = X509_get0_pubkey(certificate) else {
            throw .unsuitable("is signed with a certificate whose key cannot be read (\(subject))")
        }
        let bits = EVP_PKEY_get_bits(key)
        let kind: String
        switch EVP_PKEY_get_base_id(key) {
        case EVP_PKEY_RSA:
            guard bits < 2_048 else { return }
            kind = "RSA with \(bits) bits"
        case EVP_PKEY_EC:
            let curve = CertificateText.curve(of: key)
            // A curve that is given by its parameters has no name, or the same parameters.
            guard curve != SN_X9_62_prime256v1 else { return }
            kind = "elliptic curve \(curve.isEmpty ? "without a name" : curve)"
        default:
            kind = EVP_PKEY_get0_type_name(key).map { String(cString: $0) } ?? "unknown"
        }
        throw .unsuitable(
            "is signed with a key of the kind \(kind.printable) (\(subject)); sign with ECDSA on P-256, or RSA with at "
                + "least 2048 bits")
    }

    // MARK: - What was signed

    private func checkSignature(
        of signer: OpaquePointer, by certificate: OpaquePointer, _ content: borrowing ContentDigest
    ) throws(SignatureRefusal) {
        // It keeps a reference to the certificate, and lets go of the one before.
        CMS_SignerInfo_set1_signer_cert(signer, certificate)
        // With signed attributes (openssl's way), the signature covers those, and the digest among them the content;
        // without (-noattr), the signature covers the content itself.
        let areAttributesRight = CMS_signed_get_attr_count(signer) < 0 || CMS_SignerInfo_verify(signer) == 1
        guard areAttributesRight, CMS_SignerInfo_verify_content(signer, content.pointer) == 1 else {
            throw .wrong(signer: CertificateText.subject(of: certificate))
        }
    }

    // MARK: - Who is trusted

    /// The certificate is one of the anchors, or chains to one through what the file brings (X509_verify_cert(3)).
    private func checkTrust(
        in certificate: OpaquePointer, anchors: borrowing CertificateStack, embedded: borrowing CertificateStack
    ) throws(SignatureRefusal) {
        guard let store = OpenSSLObject(X509_STORE_new(), X509_STORE_free),
            let context = OpenSSLObject(X509_STORE_CTX_new(), X509_STORE_CTX_free)
        else { throw .malformed("cannot be verified: out of memory") }
        for index in 0..<anchors.count { X509_STORE_add_cert(store.pointer, anchors[index]) }
        guard X509_STORE_CTX_init(context.pointer, store.pointer, certificate, embedded.pointer) == 1 else {
            throw .malformed("cannot be verified: out of memory")
        }
        let parameters = X509_STORE_CTX_get0_param(context.pointer)
        // An anchor need not be a root: the folder's certificates are pins.
        var flags = UInt(X509_V_FLAG_PARTIAL_CHAIN)
        if let time {
            X509_VERIFY_PARAM_set_time(parameters, time)
        } else {
            flags |= UInt(X509_V_FLAG_NO_CHECK_TIME)
        }
        X509_VERIFY_PARAM_set_flags(parameters, flags)
        // Purposes are looked at below: of libcrypto's own, 3.0 has none for code.
        X509_VERIFY_PARAM_set_purpose(parameters, X509_PURPOSE_ANY)
        X509_VERIFY_PARAM_set_depth(parameters, Self.maximumDepth)
        // 112 bits: no SHA-1, no RSA below 2048 bits within the chain.
        X509_VERIFY_PARAM_set_auth_level(parameters, 2)
        let isVerified = X509_verify_cert(context.pointer) == 1
        let code = X509_STORE_CTX_get_error(context.pointer)
        guard isVerified, code == X509_V_OK else {
            let culprit = X509_STORE_CTX_get_current_cert(context.pointer) ?? certificate
            throw refusal(for: code, of: CertificateText.subject(of: culprit), signer: certificate)
        }
        // The context's; it is there after a success.
        let chain = X509_STORE_CTX_get0_chain(context.pointer)
        for index in 0..<max(1, COpenSSL_certificates_count(chain)) {
            try checkPurpose(of: COpenSSL_certificates_at(chain, index) ?? certificate)
        }
        try checkUsage(of: certificate)
    }

    private func refusal(for code: Int32, of subject: String, signer: OpaquePointer) -> SignatureRefusal {
        switch code {
        case X509_V_ERR_CERT_HAS_EXPIRED: .expired(subject)
        case X509_V_ERR_CERT_NOT_YET_VALID: .notYetValid(subject)
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
            X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE, X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
            X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, X509_V_ERR_CERT_UNTRUSTED:
            .unknownSigner(
                "\(CertificateText.subject(of: signer)), certificate SHA-256 \(CertificateText.sha256(of: signer))")
        default:
            .unsuitable(
                "is signed with a certificate that cannot be accepted (\(subject)): "
                    + String(cString: X509_verify_cert_error_string(Int(code))))
        }
    }

    /// A certificate that is limited to purposes must be for code: else whoever has a server's or a mail's certificate of
    /// a trusted authority could sign plug-ins. That holds for the authorities too, and for pins: a web server's key is no
    /// place to sign code from. One without the extension is limited to nothing.
    private func checkPurpose(of certificate: OpaquePointer) throws(SignatureRefusal) {
        let purposes = X509_get_extended_key_usage(certificate)
        guard purposes == .max || purposes & UInt32(XKU_CODE_SIGN | XKU_ANYEKU) != 0 else {
            throw .unsuitable(
                "is signed with a certificate that is not for signing code (\(CertificateText.subject(of: certificate))); "
                    + "it needs extendedKeyUsage = codeSigning, or no extendedKeyUsage")
        }
    }

    private func checkUsage(of certificate: OpaquePointer) throws(SignatureRefusal) {
        let usage = X509_get_key_usage(certificate)
        guard usage == .max || usage & UInt32(KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION) != 0 else {
            throw .unsuitable(
                "is signed with a certificate that is not for signatures (\(CertificateText.subject(of: certificate))); "
                    + "it needs keyUsage = digitalSignature, or no keyUsage")
        }
    }
}
