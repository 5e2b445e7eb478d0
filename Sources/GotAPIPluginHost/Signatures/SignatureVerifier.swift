// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc
import GotAPICore

/// Verifies the signatures of libraries before any of their code runs: plugin-abi.md, "Loading", step 4.
struct SignatureVerifier: Sendable {
    /// Of a signature file, in bytes.
    static let maximumSize = 64 << 10

    private let trust: Result<TrustFolder, LoadFailure>
    /// As in ``CMSVerifier/time``.
    private let time: Int?

    /// Reads the trust folder; it is looked at once, and what is verified by this value is verified by what it held then.
    ///
    /// - Parameter now: the time, in seconds since 1970.
    init(_ policy: SignaturePolicy, now: Int = Glibc.time(nil)) {
        do throws(LoadFailure) {
            trust = .success(try TrustFolder(path: policy.trustPath))
        } catch {
            trust = .failure(error)
        }
        time = policy.checksTime ? now : nil
    }

    /// What is wrong in the trust folder, for the log; printable.
    var problems: [String] {
        switch trust {
        case .success(let folder): folder.problems.map { "the trust folder's \($0)" }
        case .failure(let failure): ["\(failure)"]
        }
    }

    /// Verifies a private copy, and those of the libraries that came along.
    ///
    /// - Throws: ``LoadFailure`` with `UNTRUSTED`, or what ``LibrarySource`` throws.
    func verify(
        _ copy: LibraryStore.Copy, of file: LibraryFile, from source: LibrarySource
    ) throws(LoadFailure) -> SignatureVerdict {
        let verdict = try verify(try Self.open(file.name, in: copy), named: file.name, of: file, from: source)
        for name in copy.companions {
            _ = try verify(try Self.open(name, in: copy), named: name, of: file, from: source)
        }
        return verdict
    }

    private static func open(_ name: String, in copy: LibraryStore.Copy) throws(LoadFailure) -> FileDescriptor {
        let path = copy.folder + "/" + name
        return try LoadFailure.describing(path) { () throws(SystemError) in
            try FileDescriptor(opening: path, O_RDONLY | O_NOFOLLOW)
        }
    }

    /// Verifies a library, and what lies beside it in its own folder, where they lie: for reports.
    ///
    /// - Throws: as ``verify(_:of:from:)``.
    func inspect(_ file: LibraryFile, from source: LibrarySource) throws(LoadFailure) -> SignatureVerdict {
        let opened = try source.open(file)
        let verdict = try verify(opened.library, named: file.name, of: file, from: source)
        for name in try source.companionNames(of: file, opened: opened) {
            guard case .library(let companion) = try source.openCompanion(name, of: file, in: opened.folder) else {
                continue
            }
            _ = try verify(companion, named: name, of: file, from: source)
        }
        return verdict
    }

    // MARK: - One library

    private func verify(
        _ library: borrowing FileDescriptor, named name: String, of file: LibraryFile, from source: LibrarySource
    ) throws(LoadFailure) -> SignatureVerdict {
        let trust = try trust.get()
        let path = file.folder.map { $0 + "/" + name } ?? name
        guard let signature = try source.readSignature(of: name, for: file, limit: Self.maximumSize) else {
            throw LoadFailure(.missing, path: path, trust)
        }
        guard let content = ContentDigest() else { throw .unreadable(path, SystemError(ENOMEM)) }
        var budget = LibraryStore.maximumSize
        do throws(SystemError) {
            try library.forEachChunk(budget: &budget) { chunk throws(SystemError) in
                guard content.update(chunk) else { throw SystemError(ENOMEM) }
            }
        } catch {
            throw .unreadable(path, error)
        }
        do throws(SignatureRefusal) {
            let signer = try CMSVerifier(trusted: trust.certificates, time: time).verify(signature, of: content)
            return SignatureVerdict(signer: signer.subject, certificateSHA256: signer.certificateSHA256)
        } catch {
            throw LoadFailure(error, path: path, trust)
        }
    }
}

extension LoadFailure {
    /// - Parameter path: the library's, in the plug-ins' folder.
    fileprivate init(_ refusal: SignatureRefusal, path: String, _ trust: TrustFolder) {
        let library = path.printable
        let signature = library + ".p7s"
        let folder = trust.path.printable
        let words =
            switch refusal {
            case .missing:
                "\(library) has no signature beside it (\(signature)), and plugins.signatures is \"required\"; get it "
                    + "from the library's vendor, or sign the library yourself"
            case .malformed(let words): "\(signature) \(words)"
            case .unsuitable(let words): "\(signature) \(words)"
            case .wrong(let signer):
                "\(signature) (signer: \(signer)) does not fit \(library): one of the two was changed, or they are of "
                    + "different versions; get both again"
            case .unknownSigner(let signer):
                "\(signature) is signed by somebody whom the trust folder does not know (\(signer)); if you trust the "
                    + "vendor, put the certificate into \(folder)"
            case .expired(let subject):
                "\(signature): the time of a certificate is over (\(subject)); get a new signature, correct this "
                    + "machine's clock, or set plugins.signature_time to \"ignore\""
            case .notYetValid(let subject):
                "\(signature): the time of a certificate has not come (\(subject)); correct this machine's clock, or set "
                    + "plugins.signature_time to \"ignore\""
            }
        let problems = trust.problems.map { "; left out of \(folder): \($0)" }.joined()
        self.init(.untrusted, words + problems)
    }
}
