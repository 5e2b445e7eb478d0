// Swift GotAPI · SPDX-License-Identifier: MIT

import Glibc

/// Keys and certificates of many kinds, made once by the system's `openssl`: `NAME.key` and `NAME.pem` in one folder.
enum SigningKeys {
    /// The folder's path; removed when the tests are over, since nobody releases a static.
    static var path: String { folder.path }

    private static let folder: TemporaryFolder = {
        guard system("command -v openssl >/dev/null") == 0 else {
            fatalError("there is no openssl on the PATH: run script/bootstrap --test")
        }
        atexit { _ = system("rm -rf '\(SigningKeys.folder.path)'") }
        let folder = TemporaryFolder()
        let script = folder.write(Array(Self.script.utf8), to: "make.sh")
        run("cd '\(folder.path)' && bash '\(script)' >make.log 2>&1 || { cat make.log; false; }")
        return folder
    }()

    /// Runs a shell command that signs; `sign ARGUMENTS…` is there, `$library` is the file to sign and `$keys` the
    /// folder of keys.
    static func sign(_ library: String, _ command: String) {
        let prelude = """
            set -eu
            library='\(library)' keys='\(path)'
            cms() { openssl cms -sign -binary -in "$library" -out "$library.p7s" "$@"; }
            sign() { cms -outform DER -md sha256 "$@"; }
            as() { sign -signer "$keys/$1.pem" -inkey "$keys/$1.key"; }
            umask 022
            """
        let folder = TemporaryFolder()
        let script = folder.write(Array((prelude + "\n" + command + "\n").utf8), to: "sign.sh")
        run("bash '\(script)' 2>'\(script).log' || { cat '\(script).log'; false; }")
    }

    private static let script = #"""
        set -eu
        umask 022
        key() { # NAME ALGORITHM OPTION…
            openssl genpkey -algorithm "$2" "${@:3}" -out "$1.key"
        }
        ec() { key "$1" EC -pkeyopt ec_paramgen_curve:P-256; }
        pin() { # NAME EXTENSION…: a self-signed certificate
            local extensions=()
            for extension in "${@:2}"; do extensions+=(-addext "$extension"); done
            openssl req -new -x509 -config empty.cnf -utf8 -key "$1.key" -sha256 -days 3650 -subj "/O=Example/CN=$1" \
                ${extensions[@]+"${extensions[@]}"} -out "$1.pem"
        }
        issue() { # NAME ISSUER EXTENSIONS
            openssl req -new -config empty.cnf -key "$1.key" -subj "/O=Example/CN=$1" -out "$1.csr"
            printf '%b' "$3" >"$1.cnf"
            openssl x509 -req -in "$1.csr" -CA "$2.pem" -CAkey "$2.key" -set_serial "$RANDOM" -days 3650 ${4--sha256} \
                -extfile "$1.cnf" -out "$1.pem"
        }
        printf '[req]\ndistinguished_name = name\n[name]\n' >empty.cnf
        code='basicConstraints = critical, CA:FALSE\nkeyUsage = critical, digitalSignature\nextendedKeyUsage = codeSigning\n'
        authority='basicConstraints = critical, CA:TRUE\nkeyUsage = critical, keyCertSign\n'
        leaf=("basicConstraints = critical,CA:FALSE" "keyUsage = critical,digitalSignature")

        ec vendor && pin vendor "${leaf[@]}" "extendedKeyUsage = codeSigning"
        key rsa RSA -pkeyopt rsa_keygen_bits:2048 && pin rsa "${leaf[@]}" "extendedKeyUsage = codeSigning"
        ec plain && pin plain
        ec any && pin any "extendedKeyUsage = serverAuth,anyExtendedKeyUsage"
        ec server && pin server "${leaf[@]}" "extendedKeyUsage = serverAuth"
        ec mail && pin mail "${leaf[@]}" "extendedKeyUsage = emailProtection"
        ec usage && pin usage "basicConstraints = critical,CA:TRUE" "keyUsage = critical,keyCertSign"
        ec critical && pin critical "1.2.3.4 = critical,ASN1:UTF8String:x"
        ec stranger && pin stranger "${leaf[@]}" "extendedKeyUsage = codeSigning"
        key p384 EC -pkeyopt ec_paramgen_curve:P-384 && pin p384 "${leaf[@]}"
        key short RSA -pkeyopt rsa_keygen_bits:1024 && pin short "${leaf[@]}"

        # One number and name for two keys, one of a kind that cannot sign.
        ec twin && key ed25519 ED25519
        for name in twin ed25519; do
            openssl req -new -x509 -config empty.cnf -key $name.key -days 3650 -subj /CN=twin -set_serial 7 -out $name.pem
        done

        ec root && pin root "basicConstraints = critical,CA:TRUE" "keyUsage = critical,keyCertSign"
        ec middle && issue middle root "$authority"
        ec last && issue last middle "$code"
        ec open && issue open root 'basicConstraints = CA:FALSE\n'
        ec web && issue web root 'basicConstraints = CA:FALSE\nextendedKeyUsage = serverAuth\n'
        ec webs && issue webs root "${authority}extendedKeyUsage = serverAuth\n"
        ec under && issue under webs "$code"
        ec forged && issue forged vendor "$code"
        key weak RSA -pkeyopt rsa_keygen_bits:1024 && issue weak root "$authority"
        ec belowweak && issue belowweak weak "$code"
        ec sha1 && issue sha1 root "$code" -sha1

        ec hostile
        openssl req -new -x509 -config empty.cnf -utf8 -key hostile.key -days 3650 \
            -subj "/L=$(printf 'z%.0s' {1..60})/OU=$(printf 'y%.0s' {1..60})/O=$(printf 'x%.0s' {1..60})"$'/CN=Ev\e[31mil\n\u202eltd \u30e1\u30fc\u30ab\u30fc, Inc.' \
            -out hostile.pem
        chmod 0644 ./*.pem
        """#
}
