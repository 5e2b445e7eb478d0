// Swift GotAPI · SPDX-License-Identifier: MIT

import Crypto
import GotAPIAuthorization
import Testing

@Suite struct KeyTests {
    @Test func signaturesAreRFC4231s() {
        // Test case 2.
        let signature = ClientKey("Jefe").signature(of: "what do ya want for nothing?")
        #expect(
            String(decoding: signature, as: UTF8.self)
                == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843")
    }

    @Test(arguments: [0, 1, 63, 64, 65, 200, 100_000])
    func keysOfEveryLengthSignAsTheLibraryDoes(length: Int) {
        let text = String(repeating: "é", count: length / 2) + String(repeating: "k", count: length % 2)
        let expected = HMAC<SHA256>.authenticationCode(
            for: Array("あ".utf8), using: SymmetricKey(data: Array(text.utf8)))
        let signature = String(decoding: ClientKey(text).signature(of: "あ"), as: UTF8.self)
        #expect(signature == expected.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined())
    }

    @Test func aKeysIdIsTheBeginningOfItsHash() {
        // printf abc | sha256sum
        #expect(ClientKey("abc").id == "ba7816bf8f01cfea")
    }

    @Test func secretsAre256RandomBits() {
        let secrets = Set((0..<100).map { _ in Secret.random() })
        #expect(secrets.count == 100)
        for secret in secrets {
            #expect(secret.utf8.count == 64)
            #expect(secret.utf8.allSatisfy { "0123456789abcdef".utf8.contains($0) })
        }
    }

    @Test func derivedSecretsDependOnPurposeSubjectNumberAndProcess() {
        let secrets = DerivedSecrets()
        #expect(secrets.value(for: "a", "b", 1) == secrets.value(for: "a", "b", 1))
        let others = [
            secrets.value(for: "a", "b", 1), secrets.value(for: "a", "b", 2), secrets.value(for: "a", "c", 1),
            secrets.value(for: "c", "b", 1), DerivedSecrets().value(for: "a", "b", 1),
        ]
        #expect(Set(others).count == others.count)
    }
}
