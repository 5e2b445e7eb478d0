// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// The file header (elf(5), `Elf64_Ehdr`), checked to be a shared object of this machine.
struct ELFHeader {
    static let size: UInt64 = 64

    let programHeaderOffset: UInt64
    let programHeaderCount: UInt64
    let sectionHeaderOffset: UInt64
    let sectionHeaderCount: UInt64

    /// `e_machine` of this gateway.
    static var machine: UInt16 {
        #if arch(x86_64)
        62
        #elseif arch(arm64)
        183
        #elseif arch(riscv64)
        243
        #else
        #error("Say which e_machine this architecture has")
        #endif
    }

    init(_ file: ELFBytes) throws(LoadFailure) {
        guard file.count > 0 else { throw LoadFailure(.notAPlugin, "is empty") }
        guard let magic = file.slice(at: 0, count: 4), magic.elementsEqual([0x7f, 0x45, 0x4c, 0x46]) else {
            throw LoadFailure(.notAPlugin, "is no ELF file: a plug-in is a shared library (.so) for Linux")
        }
        guard let `class` = file.number(UInt8.self, at: 4), let encoding = file.number(UInt8.self, at: 5),
            let identVersion = file.number(UInt8.self, at: 6), let system = file.number(UInt8.self, at: 7),
            let type = file.number(UInt16.self, at: 16), let machine = file.number(UInt16.self, at: 18),
            let version = file.number(UInt32.self, at: 20), file.count >= Self.size
        else { throw .truncated("its header") }
        // The class and the encoding come first: in a file of another kind the other numbers stand elsewhere.
        guard `class` == 2, encoding == 1, machine == Self.machine else {
            throw LoadFailure(
                .wrongArchitecture,
                "is for \(Self.describe(class: `class`, encoding: encoding, machine: machine)), this gateway for "
                    + "\(Self.describe(class: 2, encoding: 1, machine: Self.machine)): get the library for this machine"
            )
        }
        // 0 is System V, 3 is GNU/Linux: the two that glibc loads.
        guard system == 0 || system == 3 else {
            throw LoadFailure(.wrongArchitecture, "is for another operating system (ELF OS/ABI \(system))")
        }
        guard identVersion == 1, version == 1 else { throw LoadFailure(.badELF, "has an unknown ELF version") }
        guard type == 3 else {
            let kind =
                switch type {
                case 1: "an object file (.o)"
                case 2: "a program"
                case 4: "a core dump"
                default: "an ELF file of type \(type)"
                }
            throw LoadFailure(.notAPlugin, "is \(kind), no shared library: link it with -shared")
        }
        guard let programHeaderOffset = file.number(UInt64.self, at: 32),
            let sectionHeaderOffset = file.number(UInt64.self, at: 40),
            let headerSize = file.number(UInt16.self, at: 52),
            let programHeaderSize = file.number(UInt16.self, at: 54),
            let programHeaderCount = file.number(UInt16.self, at: 56),
            let sectionHeaderSize = file.number(UInt16.self, at: 58),
            let sectionHeaderCount = file.number(UInt16.self, at: 60)
        else { throw .truncated("its header") }
        guard headerSize == Self.size, programHeaderSize == ELFSegments.headerSize, programHeaderCount > 0,
            programHeaderCount <= ELFSegments.maximumCount,
            sectionHeaderCount == 0 || sectionHeaderSize == UInt16(ELFSections.headerSize),
            sectionHeaderCount > 0 || sectionHeaderOffset == 0
        else { throw LoadFailure(.badELF, "has a header with impossible sizes") }
        self.programHeaderOffset = programHeaderOffset
        self.programHeaderCount = UInt64(programHeaderCount)
        self.sectionHeaderOffset = sectionHeaderOffset
        self.sectionHeaderCount = UInt64(sectionHeaderCount)
    }

    private static func describe(class: UInt8, encoding: UInt8, machine: UInt16) -> String {
        // In a big-endian file the number's two bytes are the other way round.
        let machine = encoding == 2 ? machine.byteSwapped : machine
        let name =
            switch machine {
            case 3: "x86"
            case 8: "MIPS"
            case 20: "PowerPC"
            case 21: "64-bit PowerPC"
            case 22: "S/390"
            case 40: "ARM"
            case 62: "x86-64"
            case 183: "AArch64"
            case 243: "RISC-V"
            case 258: "LoongArch"
            default: "machine \(machine)"
            }
        let width = `class` == 2 ? "64-bit" : `class` == 1 ? "32-bit" : "unknown class"
        let order = encoding == 1 ? "little-endian" : encoding == 2 ? "big-endian" : "unknown byte order"
        return "\(name), \(width), \(order)"
    }
}

extension LoadFailure {
    /// A file that ends before `part` does, as one that is still being copied.
    static func truncated(_ part: String) -> LoadFailure {
        LoadFailure(.badELF, "is cut off: \(part) reaches beyond its end; copy it again, whole")
    }
}
