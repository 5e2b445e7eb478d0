// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore
import Testing

@testable import GotAPIPluginHost

/// Signatures that the system's `openssl` makes, over files that are copied and never run.
@Suite(.timeLimit(.minutes(2)))
struct SignatureTests {
    private let folder = TemporaryFolder()

    private var plugins: String { folder.folder("plugins") }
    private var trust: String { folder.folder("trust") }
    private var library: String { plugins + "/libgotapi-plugin-a.so" }

    /// What became of a library whose signature a command makes.
    private func outcome(
        _ command: String, trusting names: [String], time: Int? = nil
    ) throws -> Result<SignatureVerdict, LoadFailure> {
        run("mkdir -p '\(trust)' && printf 'the library' >'\(library)'")
        for name in names { run("cp '\(SigningKeys.path)/\(name).pem' '\(trust)/'") }
        SigningKeys.sign(library, command)
        return try outcome(time: time)
    }

    /// What is said of the private copy, and of the file where it lies, is the same.
    private func outcome(
        of path: String = "libgotapi-plugin-a.so", time: Int? = nil
    ) throws -> Result<SignatureVerdict, LoadFailure> {
        let verifier = SignatureVerifier(
            SignaturePolicy(trustPath: folder.path + "/trust", checksTime: time != nil), now: time ?? 0)
        let source = try LibrarySource(rootPath: plugins)
        let store = try LibraryStore(statePath: folder.folder("state"))
        let file = LibraryFile(path: path)
        let outcome: Result<SignatureVerdict, LoadFailure>
        do throws(LoadFailure) {
            outcome = .success(try verifier.verify(try store.copy(file, from: source), of: file, from: source))
        } catch {
            outcome = .failure(error)
        }
        do throws(LoadFailure) {
            #expect(outcome == .success(try verifier.inspect(file, from: source)))
        } catch {
            #expect(outcome == .failure(error))
        }
        return outcome
    }

    private func expectRefusal(
        _ outcome: Result<SignatureVerdict, LoadFailure>, _ words: String,
        code: LoadFailure.Code = .untrusted, _ location: SourceLocation = #_sourceLocation
    ) {
        guard case .failure(let failure) = outcome else {
            Issue.record("accepted: \(outcome)", sourceLocation: location)
            return
        }
        #expect(failure.code == code && failure.reason.contains(words), "\(failure)", sourceLocation: location)
    }

    // MARK: - Signers

    @Test(arguments: [
        ("as vendor", ["vendor"], "CN=vendor"),
        ("as rsa", ["rsa"], "CN=rsa"),
        ("as rsa", ["vendor", "rsa", "plain"], "CN=rsa"),
        ("as plain", ["plain"], "CN=plain"),  // no extensions at all
        ("as any", ["any"], "CN=any"),
        ("sign -signer $keys/rsa.pem -inkey $keys/rsa.key -keyopt rsa_padding_mode:pss", ["rsa"], "CN=rsa"),
        ("sign -signer $keys/vendor.pem -inkey $keys/vendor.key -nocerts", ["vendor"], "CN=vendor"),
        ("sign -signer $keys/vendor.pem -inkey $keys/vendor.key -noattr", ["vendor"], "CN=vendor"),
        ("sign -signer $keys/rsa.pem -inkey $keys/rsa.key -noattr", ["rsa"], "CN=rsa"),
        ("sign -signer $keys/vendor.pem -inkey $keys/vendor.key -keyid", ["vendor"], "CN=vendor"),
        // Chains: to the root, to an authority in the middle, and to a signer that was issued by somebody.
        ("sign -signer $keys/last.pem -inkey $keys/last.key -certfile $keys/middle.pem", ["root"], "CN=last"),
        ("as last", ["middle"], "CN=last"),
        ("as last", ["last"], "CN=last"),
        ("as open", ["root"], "CN=open"),
        // A vendor and an owner: one that is trusted will do.
        (
            "sign -signer $keys/vendor.pem -inkey $keys/vendor.key -signer $keys/stranger.pem -inkey $keys/stranger.key",
            ["vendor"], "CN=vendor"
        ),
        (
            "sign -signer $keys/vendor.pem -inkey $keys/vendor.key -signer $keys/stranger.pem -inkey $keys/stranger.key",
            ["stranger"], "CN=stranger"
        ),
        // One number and name for two keys: the right one is found, whichever comes first.
        ("as twin", ["ed25519", "twin"], "CN=twin"),
    ])
    func aTrustedSignatureIsAccepted(command: String, trusted: [String], subject: String) throws {
        let verdict = try outcome(command, trusting: trusted).get()
        #expect(verdict.signer.hasPrefix(subject))
        #expect(verdict.certificateSHA256.count == 64)
    }

    @Test(arguments: [
        ("rm -f $library.p7s", ["vendor"], "has no signature beside it (libgotapi-plugin-a.so.p7s)"),
        (": >$library.p7s", ["vendor"], "is empty"),
        ("echo hello >$library.p7s", ["vendor"], "is no CMS signature in DER"),
        ("as vendor; truncate -s -1 $library.p7s", ["vendor"], "is no CMS signature in DER, or is damaged"),
        ("as vendor; echo >>$library.p7s", ["vendor"], "is no CMS signature in DER, or is damaged"),
        (
            "cms -outform PEM -md sha256 -signer $keys/vendor.pem -inkey $keys/vendor.key", ["vendor"],
            "is no DER; sign with -outform DER"
        ),
        (
            "cms -md sha256 -signer $keys/vendor.pem -inkey $keys/vendor.key", ["vendor"],
            "is no DER; sign with -outform DER"
        ),
        ("head -c 65537 /dev/zero >$library.p7s", ["vendor"], "is larger than 64 KiB"),
        ("as vendor; head -c 65536 /dev/zero >>$library.p7s", ["vendor"], "is larger than 64 KiB"),
        (
            "openssl cms -digest_create -binary -in $library -outform DER -out $library.p7s", ["vendor"],
            "is CMS but no signature of data"
        ),
        (
            "sign -econtent_type 1.2.3.4 -signer $keys/vendor.pem -inkey $keys/vendor.key", ["vendor"],
            "is CMS but no signature of data"
        ),
        ("as vendor; printf more >>$library", ["vendor"], "does not fit libgotapi-plugin-a.so"),
        // What is attached is never verified, be it this library or another file.
        (
            "sign -nodetach -signer $keys/vendor.pem -inkey $keys/vendor.key", ["vendor"],
            "holds a copy of what it signs"
        ),
        (
            """
            printf other >$library.other; openssl cms -sign -binary -nodetach -in $library.other -outform DER \
            -md sha256 -signer $keys/vendor.pem -inkey $keys/vendor.key -out $library.p7s
            """, ["vendor"], "holds a copy of what it signs"
        ),
        ("as stranger", ["vendor"], "does not know (CN=stranger,O=Example, certificate SHA-256 "),
        ("as stranger", [], "does not know (CN=stranger"),
        (
            "sign -signer $keys/stranger.pem -inkey $keys/stranger.key -nocerts", ["vendor"],
            "does not know (the certificate with the number "
        ),
        // A chain with a gap, one whose authority is the wrong one, one that no authority made.
        ("as last", ["root"], "does not know (CN=last"),
        ("as last", ["vendor"], "does not know (CN=last"),
        ("as forged", ["vendor"], "invalid CA certificate"),
        ("as vendor", ["root", "middle"], "does not know (CN=vendor"),
        (
            "sign -signer $keys/belowweak.pem -inkey $keys/belowweak.key -certfile $keys/weak.pem", ["root"],
            "CA certificate key too weak"
        ),
        ("as sha1", ["root"], "CA signature digest algorithm too weak"),
        // What may sign.
        ("as server", ["server"], "is not for signing code (CN=server"),
        ("as mail", ["mail"], "is not for signing code (CN=mail"),
        ("as web", ["root"], "is not for signing code (CN=web"),
        (
            "sign -signer $keys/under.pem -inkey $keys/under.key -certfile $keys/webs.pem", ["root"],
            "is not for signing code (CN=webs"
        ),
        ("as usage", ["usage"], "is not for signatures (CN=usage"),
        ("as critical", ["critical"], "unhandled critical extension"),
        (
            "cms -outform DER -md sha1 -signer $keys/vendor.pem -inkey $keys/vendor.key", ["vendor"],
            "uses the digest SHA1; sign with -md sha256"
        ),
        (
            "cms -outform DER -md md5 -signer $keys/rsa.pem -inkey $keys/rsa.key", ["rsa"],
            "uses the digest MD5; sign with -md sha256"
        ),
        (
            "cms -outform DER -md sha512 -signer $keys/rsa.pem -inkey $keys/rsa.key", ["rsa"],
            "uses the digest SHA512; sign with -md sha256"
        ),
        ("as p384", ["p384"], "elliptic curve secp384r1 (CN=p384"),
        ("as short", ["short"], "RSA with 1024 bits (CN=short"),
        ("sign -signer $keys/twin.pem -inkey $keys/twin.key -nocerts", ["ed25519"], "of the kind ED25519 (CN=twin)"),
        // Of two signers, the one that was nearer is reported.
        (
            """
            sign -signer $keys/stranger.pem -inkey $keys/stranger.key -signer $keys/vendor.pem -inkey $keys/vendor.key
            printf more >>$library
            """, ["vendor"], "does not fit"
        ),
        (
            "sign -nocerts $(for n in 1 2 3 4 5 6 7 8 9; do echo -signer $keys/rsa.pem -inkey $keys/rsa.key; done)",
            ["rsa"],
            "has more than 8 signers"
        ),
        (
            """
            cat $keys/rsa.pem $keys/plain.pem $keys/any.pem $keys/server.pem $keys/mail.pem \
            $keys/usage.pem $keys/critical.pem $keys/stranger.pem $keys/p384.pem $keys/short.pem $keys/root.pem \
            $keys/middle.pem $keys/last.pem $keys/open.pem $keys/web.pem $keys/webs.pem >$library.pem
            sign -signer $keys/vendor.pem -inkey $keys/vendor.key -certfile $library.pem
            """, ["vendor"], "brings more than 16 certificates"
        ),
    ])
    func anythingElseIsRefusedWithTheReason(command: String, trusted: [String], words: String) throws {
        expectRefusal(try outcome(command, trusting: trusted), words)
    }

    @Test(arguments: [
        (Int?.none, ""), (0, "the time of a certificate has not come (CN=vendor,O=Example)"),
        (Int(time(nil)), ""), (4_000_000_000, "the time of a certificate is over (CN=vendor,O=Example)"),
    ])
    func timeCountsOnlyWhereItIsAskedFor(time: Int?, words: String) throws {
        let outcome = try outcome("as vendor", trusting: ["vendor"], time: time)
        if words.isEmpty {
            #expect(try outcome.get().signer == "CN=vendor,O=Example")
        } else {
            expectRefusal(outcome, words)
            expectRefusal(outcome, "plugins.signature_time")
        }
    }

    @Test func aHostileSubjectIsHarmlessAndShort() throws {
        let signer = try outcome("as hostile", trusting: ["hostile"]).get().signer
        #expect(signer.count == 200 && signer.hasSuffix("…"))
        #expect(signer.hasPrefix("CN=Ev\\1B[31mil\\0A\\u{202e}ltd メーカー\\, Inc.,O=xxx"))
        #expect(!signer.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x202e })
        expectRefusal(try outcome("as hostile; printf x >>$library", trusting: ["hostile"]), "does not fit")
    }

    // MARK: - Files

    @Test(arguments: [
        ("mv libgotapi-plugin-a.so.p7s ../x.p7s && ln -s ../x.p7s libgotapi-plugin-a.so.p7s", "is a symbolic link"),
        ("chmod 0666 libgotapi-plugin-a.so.p7s", "libgotapi-plugin-a.so.p7s can be written by others"),
        ("chmod 0775 ../trust", "trust can be written by others"),
        ("chmod 0777 ..", "can be written by others"),
    ])
    func whatOthersCanWriteOrExchangeIsUnsafe(command: String, words: String) throws {
        _ = try outcome("as vendor", trusting: ["vendor"]).get()
        run("cd '\(plugins)' && \(command)")
        expectRefusal(try outcome(), words, code: .unsafePermissions)
    }

    @Test(arguments: [
        ("rm -r ../trust", "the trust folder"),
        ("rm -r ../trust && touch ../trust", "the trust folder"),
        ("rm libgotapi-plugin-a.so.p7s && mkfifo libgotapi-plugin-a.so.p7s", "is no regular file"),
        ("rm ../trust/*", "does not know"),
        ("chmod 0666 ../trust/vendor.pem", "vendor.pem is not read: "),
        ("mv ../trust/vendor.pem .. && ln -s ../vendor.pem ../trust/vendor.pem", "vendor.pem is a symbolic link"),
        ("rm ../trust/* && mkdir ../trust/vendor.pem", "vendor.pem is no regular file"),
        ("head -c 100 /dev/urandom >../trust/vendor.pem", "left out of"),
        ("head -c 300 ../trust/vendor.pem >../trust/v.pem && mv ../trust/v.pem ../trust/vendor.pem", "is damaged"),
        ("sed -i 4s/./A/g ../trust/vendor.pem", "vendor.pem holds a damaged certificate"),
        ("cd ../trust && openssl x509 -in vendor.pem -outform DER -out v && mv v vendor.pem", "vendor.pem is not PEM"),
        (
            "cd ../trust && openssl x509 -in vendor.pem -trustout -out v && mv v vendor.pem",
            "holds a TRUSTED CERTIFICATE"
        ),
        ("truncate -s 257K ../trust/vendor.pem", "vendor.pem is larger than 256 KiB"),
        ("cp \(SigningKeys.path)/vendor.key ../trust/vendor.pem", "holds no certificate"),
        ("mv ../trust/vendor.pem ../trust/vendor.pem~", "vendor.pem~ is not read: the name of a certificate ends in"),
        ("mv ../trust/vendor.pem ../trust/.vendor.pem", "does not know"),
    ])
    func whatIsWrongWithTheTrustFolderIsSaid(command: String, words: String) throws {
        _ = try outcome("as vendor", trusting: ["vendor"]).get()
        run("cd '\(plugins)' && \(command)")
        expectRefusal(try outcome(), words)
    }

    @Test func aBadFileInTheTrustFolderHarmsNoOther() throws {
        _ = try outcome("as vendor", trusting: ["vendor", "rsa"]).get()
        run("echo garbage >'\(trust)/garbage.pem' && cat '\(trust)'/[rv]*.pem >'\(trust)/both.crt'")
        #expect(try outcome().get().signer == "CN=vendor,O=Example")
        let read = try TrustFolder(path: trust)
        #expect(read.certificates.count == 2)
        #expect(read.problems.count == 1 && read.problems[0].hasPrefix("garbage.pem holds no certificate"))
        let verifier = SignatureVerifier(SignaturePolicy(trustPath: trust))
        #expect(verifier.problems == ["the trust folder's \(read.problems[0])"])
    }

    @Test func aTrustFolderOfManyFilesAndCertificatesIsReadToItsLimits() throws {
        run("for n in $(seq 300); do : >'\(trust)'/$n.pem; done")
        let many = try TrustFolder(path: trust)
        #expect(many.problems.count == 257 && many.problems.last == "44 files are too many: 256 are read")
        run("rm '\(trust)'/*; cat $(yes '\(SigningKeys.path)/rsa.pem' | head -n 150) >'\(trust)/rsa.pem'")
        #expect(try TrustFolder(path: trust).certificates.count == 1)
    }

    @Test func everyCompanionNeedsItsOwnSignature() throws {
        _ = plugins
        let own = folder.folder("plugins/own")
        let path = "own/libgotapi-plugin-b.so"
        run("cp '\(SigningKeys.path)/vendor.pem' '\(SigningKeys.path)/rsa.pem' '\(trust)/'")
        run(
            """
            cd '\(own)' && printf plugin >libgotapi-plugin-b.so && printf extra >libextra.so.1 && \
            ln -s libextra.so.1 libextra.so && printf text >readme.txt
            """)
        SigningKeys.sign(own + "/libgotapi-plugin-b.so", "as vendor")
        expectRefusal(
            try outcome(of: path), "own/libextra.so.1 has no signature beside it (own/libextra.so.1.p7s)")
        run("cd '\(own)' && cp libgotapi-plugin-b.so.p7s libextra.so.1.p7s")
        expectRefusal(
            try outcome(of: path), "own/libextra.so.1.p7s (signer: CN=vendor,O=Example) does not fit own/libextra.so.1")
        SigningKeys.sign(own + "/libextra.so.1", "as rsa")
        let verdict = try outcome(of: path).get()
        #expect(verdict.signer == "CN=vendor,O=Example")
    }
}
