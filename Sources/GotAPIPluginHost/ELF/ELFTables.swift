// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// The program headers (elf(5), `Elf64_Phdr`): all that the kernel and the dynamic linker would map lies in the file.
struct ELFSegments {
    static let headerSize: UInt64 = 56
    /// Far above what linkers write (about 10); keeps look-ups in the table cheap.
    static let maximumCount: UInt16 = 256

    struct Segment {
        let offset: UInt64
        let address: UInt64
        let fileSize: UInt64
        let alignment: UInt64
        /// `PF_X`
        let isExecutable: Bool
    }

    private(set) var loaded: [Segment] = []
    private(set) var notes: [Segment] = []
    private(set) var dynamic: Segment?

    init(_ file: ELFBytes, header: ELFHeader) throws(LoadFailure) {
        guard file.contains(header.programHeaderOffset, count: header.programHeaderCount * Self.headerSize) else {
            throw .truncated("the table of program headers")
        }
        var stackFlags: UInt32?
        for index in 0..<header.programHeaderCount {
            // Cannot overflow: the whole table is inside the file.
            let at = header.programHeaderOffset + index * Self.headerSize
            guard let type = file.number(UInt32.self, at: at), let flags = file.number(UInt32.self, at: at + 4),
                let offset = file.number(UInt64.self, at: at + 8), let address = file.number(UInt64.self, at: at + 16),
                let fileSize = file.number(UInt64.self, at: at + 32),
                let memorySize = file.number(UInt64.self, at: at + 40),
                let alignment = file.number(UInt64.self, at: at + 48)
            else { throw .truncated("a program header") }
            let segment = Segment(
                offset: offset, address: address, fileSize: fileSize, alignment: alignment,
                isExecutable: flags & 1 != 0)
            switch type {
            case 1:  // PT_LOAD
                guard file.contains(offset, count: fileSize) else { throw .truncated("a loaded segment") }
                guard memorySize >= fileSize, !address.addingReportingOverflow(memorySize).overflow else {
                    throw LoadFailure(.badELF, "has a segment of impossible size")
                }
                loaded.append(segment)
            case 2:  // PT_DYNAMIC
                guard file.contains(offset, count: fileSize) else { throw .truncated("the dynamic section") }
                dynamic = segment
            case 4:  // PT_NOTE
                guard file.contains(offset, count: fileSize) else { throw .truncated("a note") }
                notes.append(segment)
            case 0x6474_e551: stackFlags = flags  // PT_GNU_STACK
            default: ()
            }
        }
        guard !loaded.isEmpty else { throw LoadFailure(.badELF, "has nothing to load") }
        // Without the header the dynamic linker makes every stack of the process executable, as the flag does.
        guard let stackFlags, stackFlags & 1 == 0 else {
            throw LoadFailure(.badELF, "asks for an executable stack; link it with -z noexecstack")
        }
    }

    /// Whether code is loaded at `address`.
    func isCode(at address: UInt64) -> Bool {
        loaded.contains {
            $0.isExecutable && address >= $0.address && address - $0.address < $0.fileSize
        }
    }

    /// Where in the file the byte stands that is loaded at `address`, with how many bytes of its segment follow.
    func fileRange(from address: UInt64) -> (offset: UInt64, count: UInt64)? {
        for segment in loaded where address >= segment.address && address - segment.address < segment.fileSize {
            let distance = address - segment.address
            return (segment.offset + distance, segment.fileSize - distance)
        }
        return nil
    }
}

/// The section headers (elf(5), `Elf64_Shdr`). A library may have none; those that it has lie in the file.
struct ELFSections {
    static let headerSize: UInt64 = 64
    /// Sections of notes that are looked at; linkers write about 3.
    static let maximumNoteCount = 64

    struct Section {
        let offset: UInt64
        let size: UInt64
        let alignment: UInt64
    }

    private(set) var notes: [Section] = []
    private(set) var dynamicSymbols: Section?

    init(_ file: ELFBytes, header: ELFHeader) throws(LoadFailure) {
        guard file.contains(header.sectionHeaderOffset, count: header.sectionHeaderCount * Self.headerSize) else {
            throw .truncated("the table of sections")
        }
        for index in 0..<header.sectionHeaderCount {
            let at = header.sectionHeaderOffset + index * Self.headerSize
            guard let type = file.number(UInt32.self, at: at + 4), let offset = file.number(UInt64.self, at: at + 24),
                let size = file.number(UInt64.self, at: at + 32),
                let alignment = file.number(UInt64.self, at: at + 48)
            else { throw .truncated("a section header") }
            // SHT_NULL and SHT_NOBITS (.bss) take no room in the file.
            guard type != 0, type != 8 else { continue }
            guard file.contains(offset, count: size) else { throw .truncated("a section") }
            let section = Section(offset: offset, size: size, alignment: alignment)
            if type == 7, notes.count < Self.maximumNoteCount { notes.append(section) }
            if type == 11 { dynamicSymbols = section }
        }
    }
}
