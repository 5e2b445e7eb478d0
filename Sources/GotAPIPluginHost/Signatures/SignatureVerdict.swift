// Swift GotAPI · SPDX-License-Identifier: MIT

/// Whose signature a library was accepted for: plugin-abi.md, "Loading", step 4.
package struct SignatureVerdict: Sendable, Equatable {
    /// The subject of the certificate that signed the library, in the form of RFC 2253, for example
    /// `CN=Example Ltd. plug-ins,O=Example Ltd.`; printable, at most 200 characters.
    package let signer: String
    /// SHA-256 of that certificate's DER form, in lower-case hexadecimal digits.
    package let certificateSHA256: String
}
