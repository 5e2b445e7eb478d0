// Swift GotAPI · SPDX-License-Identifier: MIT

import COpenSSL

/// A signature file that has the form of one: a CMS ContentInfo in DER with SignedData, without the content.
struct CMSMessage: ~Copyable {
    private let content: OpenSSLObject
    let signerCount: Int32
    /// What it brings.
    let certificates: CertificateStack

    init(_ bytes: [UInt8]) throws(SignatureRefusal) {
        guard !bytes.isEmpty else { throw .malformed("is empty") }
        if bytes.starts(with: "-----BEGIN".utf8) || bytes.starts(with: "MIME-Version".utf8) {
            throw .malformed("is no DER; sign with -outform DER")
        }
        let parsed = bytes.withUnsafeBufferPointer { bytes -> OpaquePointer? in
            var position = bytes.baseAddress
            // d2i_CMS_ContentInfo(3) moves the position to behind what it has read; nothing may follow.
            guard let parsed = d2i_CMS_ContentInfo(nil, &position, bytes.count) else { return nil }
            guard position == bytes.baseAddress?.advanced(by: bytes.count) else {
                CMS_ContentInfo_free(parsed)
                return nil
            }
            return parsed
        }
        guard let content = OpenSSLObject(parsed, CMS_ContentInfo_free) else {
            throw .malformed("is no CMS signature in DER, or is damaged")
        }
        guard OBJ_obj2nid(CMS_get0_type(content.pointer)) == NID_pkcs7_signed,
            OBJ_obj2nid(CMS_get0_eContentType(content.pointer)) == NID_pkcs7_data
        else { throw .malformed("is CMS but no signature of data") }
        // What it brought along must never be verified in the library's place.
        guard CMS_is_detached(content.pointer) == 1 else {
            throw .malformed("holds a copy of what it signs; sign without -nodetach")
        }
        let signerCount = COpenSSL_signers_count(CMS_get0_SignerInfos(content.pointer))
        guard signerCount > 0 else { throw .malformed("has no signer") }
        guard signerCount <= CMSVerifier.maximumSigners else {
            throw .malformed("has more than \(CMSVerifier.maximumSigners) signers")
        }
        // Without certificates there is no stack.
        guard let certificates = CertificateStack(owning: CMS_get1_certs(content.pointer)) ?? CertificateStack() else {
            throw .malformed("cannot be verified: out of memory")
        }
        guard certificates.count <= CMSVerifier.maximumCertificates else {
            throw .malformed("brings more than \(CMSVerifier.maximumCertificates) certificates")
        }
        self.content = content
        self.signerCount = signerCount
        self.certificates = certificates
    }

    /// A `CMS_SignerInfo *` that belongs to the message.
    func signer(_ index: Int32) -> OpaquePointer? {
        COpenSSL_signers_at(CMS_get0_SignerInfos(content.pointer), index)
    }
}
