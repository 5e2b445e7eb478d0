// Swift GotAPI · SPDX-License-Identifier: MIT

import Crypto
import Glibc
import GotAPICore
import Testing

@testable import GotAPIWeb

struct CertificateTests {
    static let names = CertificateNames(
        dnsNames: ["localhost", "host", "host.local"],
        addresses: [.loopbackIPv4, .loopbackIPv6, IPAddress("192.0.2.7")!])
    static let now = 1_800_000_000
    static let day = 86_400

    @Test(
        arguments: [
            (0, 397, names, nil),
            (0, 31, names, nil),
            (0, 30, names, .expires),
            (-397, -1, names, .expires),
            (1, 397, names, .notYetValid),
            (0, 397, CertificateNames(dnsNames: ["localhost"], addresses: []), nil),  // more than needed is fine
            (0, 397, CertificateNames(dnsNames: ["other"], addresses: []), .missesName),
            (0, 397, CertificateNames(dnsNames: [], addresses: [IPAddress("192.0.2.8")!]), .missesName),
        ] as [(Int, Int, CertificateNames, ServedCertificate.RenewalReason?)])
    func renewalDependsOnDaysAndNames(
        from: Int, to: Int, required: CertificateNames, reason: ServedCertificate.RenewalReason?
    ) {
        let certificate = ServedCertificate(
            names: Self.names, notBefore: Self.now + from * Self.day, notAfter: Self.now + to * Self.day,
            keyFingerprint: [])
        #expect(certificate.renewalReason(names: required, now: Self.now) == reason)
    }

    @Test(arguments: [
        ("lamp", ["localhost", "lamp", "lamp.local"]),
        ("LAMP.example.com", ["localhost", "lamp.example.com", "lamp.local"]),
        ("localhost", ["localhost"]), ("lamp.local", ["localhost", "lamp.local"]), ("", ["localhost"]),
        ("no name", ["localhost"]), ("-x", ["localhost"]),
    ])
    func hostNamesBecomeDNSNames(host: String, expected: [String]) {
        let names = CertificateNames.make(hostName: host, interfaceAddresses: [.loopbackIPv4, IPAddress("192.0.2.7")!])
        #expect(names.dnsNames == expected)
        #expect(names.addresses == [.loopbackIPv4, .loopbackIPv6, IPAddress("192.0.2.7")!])
    }

    @Test func thisHostHasNames() {
        let names = CertificateNames.ofThisHost()
        #expect(names.dnsNames.contains("localhost"))
        #expect(names.addresses.contains(.loopbackIPv4))
        #expect(!names.addresses.contains { $0.description.hasPrefix("fe80:") })
    }

    @Test func theFirstStartMakesKeyAndCertificateAndTheNextKeepsThem() throws {
        let folder = TemporaryFolder()
        let certificates = CertificateFolder(path: folder.path + "/a/ssl")
        let (made, outcome) = try certificates.ensure(names: Self.names, now: Self.now)
        #expect(outcome == .madeNew)
        #expect(made.names == Self.names)
        #expect(made.notBefore == Self.now - Self.day)
        #expect(made.notAfter - made.notBefore == 397 * Self.day)
        #expect(made.keyFingerprint.count == 32)
        #expect(mode(of: folder.path + "/a/ssl") == 0o700)
        #expect(mode(of: certificates.identity.keyFile) == 0o600)
        let (kept, second) = try certificates.ensure(names: Self.names, now: Self.now + Self.day)
        #expect(second == .kept)
        #expect(kept == made)
        #expect(try ServedCertificate(file: certificates.identity.certificateFile) == made)
        _ = try TLSContextBox(certificates.identity)
    }

    @Test func aCertificateIsIssuedAgainWithTheSameKey() throws {
        let folder = TemporaryFolder()
        let certificates = CertificateFolder(path: folder.path)
        let first = try certificates.ensure(names: Self.names, now: Self.now).certificate
        var more = Self.names
        more.addresses.append(IPAddress("2001:db8::1")!)
        let (second, why) = try certificates.ensure(names: more, now: Self.now)
        #expect(why == .issuedAgain(.missesName))
        #expect(second.names == more)
        let later = Self.now + 380 * Self.day
        let (third, whyThird) = try certificates.ensure(names: more, now: later)
        #expect(whyThird == .issuedAgain(.expires))
        #expect(third.notAfter == later + 396 * Self.day)
        #expect(unlink(certificates.identity.certificateFile) == 0)
        let (fourth, whyFourth) = try certificates.ensure(names: more, now: later)
        #expect(whyFourth == .issuedForKey)
        #expect(Set([first, second, third, fourth].map(\.keyFingerprint)).count == 1)
    }

    /// As `openssl x509 -pubkey | openssl pkey -pubin -outform der | sha256sum` computes it.
    @Test func theFingerprintIsThatOfTheWholeSubjectPublicKeyInfo() throws {
        let folder = TemporaryFolder()
        let certificates = CertificateFolder(path: folder.path)
        let made = try certificates.ensure(names: Self.names, now: Self.now).certificate
        let pem = String(decoding: try SmallFile.read(certificates.identity.keyFile), as: UTF8.self)
        let key = try P256.Signing.PrivateKey(pemRepresentation: pem).publicKey
        // RFC 5480: id-ecPublicKey with prime256v1, then the point.
        let algorithm: [UInt8] = [
            0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48,
            0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
        ]
        #expect(made.keyFingerprint == Array(SHA256.hash(data: algorithm + Array(key.x963Representation))))
    }

    @Test func anOwnersFileMayHoldTheKeyTooAndOnlyTheCertificateIsShown() throws {
        let folder = TemporaryFolder()
        let certificates = CertificateFolder(path: folder.path)
        let made = try certificates.ensure(names: Self.names, now: Self.now).certificate
        let key = try SmallFile.read(certificates.identity.keyFile)
        let certificate = try SmallFile.read(certificates.identity.certificateFile)
        #expect(made.pem == String(decoding: certificate, as: UTF8.self))
        for (name, bytes) in [("before.pem", key + certificate), ("behind.pem", certificate + key)] {
            folder.write(bytes, to: name)
            #expect(try ServedCertificate(file: folder.path + "/" + name) == made)
        }
    }

    @Test func brokenFilesAreNamedAndNotOverwritten() throws {
        let folder = TemporaryFolder()
        let certificates = CertificateFolder(path: folder.path)
        _ = try certificates.ensure(names: Self.names, now: Self.now)
        let key = try SmallFile.read(certificates.identity.keyFile)

        func fails(_ file: String, _ reason: String) throws {
            let error = #expect(throws: CertificateFailure.self) {
                try certificates.ensure(names: Self.names, now: Self.now)
            }
            #expect(error?.path == folder.path + "/" + file)
            #expect(error?.reason.contains(reason) == true)
        }
        folder.write("broken", to: "server.crt")
        try fails("server.crt", "no certificate")
        #expect(try SmallFile.read(certificates.identity.certificateFile) == Array("broken".utf8))
        folder.write("broken", to: "server.key")
        try fails("server.key", "no P-256 key")
        #expect(unlink(certificates.identity.keyFile) == 0)
        try fails("server.crt", "without its key")
        // A certificate of another key.
        #expect(unlink(certificates.identity.certificateFile) == 0)
        _ = try certificates.ensure(names: Self.names, now: Self.now)
        folder.write(key, to: "server.key")
        try fails("server.crt", "is not for the key")
    }

    @Test func anIdentityThatCannotBeUsedIsNamed() throws {
        let folder = TemporaryFolder()
        let certificates = CertificateFolder(path: folder.path)
        _ = try certificates.ensure(names: Self.names, now: Self.now)
        let missing = #expect(throws: TLSFailure.self) {
            try TLSContextBox(
                TLSIdentity(certificateFile: folder.path + "/none", keyFile: certificates.identity.keyFile))
        }
        #expect(missing?.file == folder.path + "/none")
        let box = try TLSContextBox(certificates.identity)
        let swapped = TLSIdentity(
            certificateFile: certificates.identity.keyFile, keyFile: certificates.identity.certificateFile)
        #expect(throws: TLSFailure.self) { try box.replace(with: swapped) }
    }

    private func mode(of path: String) -> mode_t? {
        var status = stat()
        return stat(path, &status) == 0 ? status.st_mode & 0o7777 : nil
    }
}
