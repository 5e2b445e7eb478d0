// Swift GotAPI · SPDX-License-Identifier: MIT

import GotAPICore

/// The dynamic section (elf(5), `Elf64_Dyn`): what the dynamic linker goes by.
struct ELFDynamicSection {
    private static let symbolSize: UInt64 = 24
    /// How many exported symbols, and how many needed libraries, are named.
    private static let namedSymbols = 64

    /// What the tables of symbols and texts say.
    struct Symbols {
        /// Up to three names of `STB_GNU_UNIQUE` symbols.
        var unique: [String] = []
        /// Up to 64 names of what is exported besides the entry.
        var exported: [String] = []
        /// Up to 64 names of libraries that the dynamic linker loads with it (`DT_NEEDED`).
        var needed: [String] = []
    }

    private var symbolTable: UInt64?
    private var stringTable: UInt64?
    private var stringSize: UInt64?
    private var hashTable: UInt64?
    private var gnuHashTable: UInt64?
    private var versionTable: UInt64?
    /// Where in the table of texts the names stand.
    private var needed: [UInt64] = []

    init(_ file: ELFBytes, segments: ELFSegments) throws(LoadFailure) {
        guard let dynamic = segments.dynamic else {
            throw LoadFailure(.badELF, "has no dynamic section; link it with -shared")
        }
        var hasEnd = false
        // An entry is a tag and a value. Both reads are inside the segment, which is inside the file.
        for index in 0..<dynamic.fileSize / 16 {
            let at = dynamic.offset + index * 16
            guard let tag = file.number(UInt64.self, at: at), let value = file.number(UInt64.self, at: at + 8) else {
                throw .truncated("the dynamic section")
            }
            switch tag {
            case 0: hasEnd = true  // DT_NULL
            case 1:  // DT_NEEDED
                if needed.count < Self.namedSymbols { needed.append(value) }
            case 4: hashTable = value  // DT_HASH
            case 5: stringTable = value  // DT_STRTAB
            case 6: symbolTable = value  // DT_SYMTAB
            case 10: stringSize = value  // DT_STRSZ
            case 11:  // DT_SYMENT
                guard value == Self.symbolSize else { throw LoadFailure(.badELF, "has symbols of a wrong size") }
            case 22: throw Self.textRelocations  // DT_TEXTREL
            case 30:  // DT_FLAGS, DF_TEXTREL
                guard value & 4 == 0 else { throw Self.textRelocations }
            case 0x6fff_fef5: gnuHashTable = value  // DT_GNU_HASH
            case 0x6fff_fff0: versionTable = value  // DT_VERSYM
            case 0x6fff_fffb:  // DT_FLAGS_1, DF_1_PIE
                guard value & 0x0800_0000 == 0 else {
                    throw LoadFailure(.notAPlugin, "is a program, no shared library: link it with -shared")
                }
            case 7, 17, 23, 25, 26:  // DT_RELA, DT_REL, DT_JMPREL, DT_INIT_ARRAY, DT_FINI_ARRAY
                // The dynamic linker reads these without looking where they are.
                guard value == 0 || segments.fileRange(from: value) != nil else { throw Self.outside }
            default: ()
            }
            if hasEnd { break }
        }
        guard hasEnd else { throw LoadFailure(.badELF, "has a dynamic section without an end") }
    }

    private static var textRelocations: LoadFailure {
        LoadFailure(.badELF, "has text relocations; compile everything in it with -fPIC")
    }

    private static var outside: LoadFailure {
        LoadFailure(.badELF, "has a dynamic section that points outside what is loaded")
    }

    /// Walks the dynamic symbols.
    ///
    /// - Throws: ``LoadFailure`` where `gotapi_plugin_entry` is not defined, or the tables point outside.
    func checkSymbols(
        of file: ELFBytes, segments: ELFSegments, sections: ELFSections
    ) throws(LoadFailure) -> Symbols {
        var hasEntry = false
        var found = Symbols()
        try forEachDefinedSymbol(of: file, segments: segments, sections: sections) { symbol in
            // What is of no kind may be a function of assembly language.
            if symbol.isFunction || symbol.isExported && symbol.type == 0,
                file.hasText("gotapi_plugin_entry", at: symbol.nameOffset)
            {
                hasEntry = true
                return
            }
            symbol.note(in: &found.unique, file)
            if symbol.isVisible, found.exported.count < Self.namedSymbols {
                found.exported.append(file.text(at: symbol.nameOffset))
            }
        }
        guard hasEntry else {
            throw LoadFailure(
                .notAPlugin,
                "does not export gotapi_plugin_entry; define it, with GOTAPI_EXPORT and, in C++, extern \"C\"")
        }
        found.needed = try neededNames(in: file, segments: segments)
        return found
    }

    /// Looks for functions that the library exports.
    ///
    /// - Returns: those that it does not, and up to three names of `STB_GNU_UNIQUE` symbols.
    func find(
        _ functions: Set<String>, in file: ELFBytes, segments: ELFSegments, sections: ELFSections
    ) throws(LoadFailure) -> (missing: Set<String>, uniqueSymbols: [String]) {
        var missing = functions
        var uniqueSymbols: [String] = []
        let longest = UInt64(functions.lazy.map(\.utf8.count).max() ?? 0)
        try forEachDefinedSymbol(of: file, segments: segments, sections: sections) { symbol in
            symbol.note(in: &uniqueSymbols, file)
            // What is of no kind is a function of assembly language where code is loaded there.
            guard symbol.isFunction || symbol.isExported && symbol.type == 0 && segments.isCode(at: symbol.address),
                !missing.isEmpty
            else { return }
            // One byte more, so that a longer name is not taken for one that it begins with.
            missing.remove(file.text(at: symbol.nameOffset, maximum: longest + 1))
        }
        return (missing, uniqueSymbols)
    }

    /// An entry of the symbol table (elf(5), `Elf64_Sym`).
    private struct Symbol {
        let nameOffset: UInt64
        let binding: UInt8
        let type: UInt8
        let visibility: UInt8
        let section: UInt16
        let address: UInt64
        /// Of an entry of `DT_VERSYM`; 1, which is no version, where there is none.
        let version: UInt16

        /// A version that is not the default one, written `name@VERSION`: only who was linked with it finds it, and dlsym(3) does
        /// not.
        var isOldVersion: Bool { version & 0x8000 != 0 && version & 0x7fff >= 2 }
        /// STB_GLOBAL or STB_WEAK; STV_DEFAULT or STV_PROTECTED.
        var isExported: Bool {
            (binding == 1 || binding == 2) && (visibility == 0 || visibility == 3) && !isOldVersion
        }
        /// Exported, or STB_GNU_UNIQUE; no version's name, which is absolute (SHN_ABS).
        var isVisible: Bool { (isExported || binding == 10) && section < 0xff00 }
        /// STT_FUNC or STT_GNU_IFUNC.
        var isFunction: Bool { isExported && (type == 2 || type == 10) }

        func note(in uniqueSymbols: inout [String], _ file: ELFBytes) {
            // STB_GNU_UNIQUE
            if binding == 10, uniqueSymbols.count < 3 { uniqueSymbols.append(file.text(at: nameOffset)) }
        }
    }

    private func neededNames(in file: ELFBytes, segments: ELFSegments) throws(LoadFailure) -> [String] {
        guard let stringTable, let stringSize, let strings = segments.fileRange(from: stringTable) else {
            throw Self.outside
        }
        return needed.filter { $0 < stringSize }.map { file.text(at: strings.offset + $0) }
    }

    private func forEachDefinedSymbol(
        of file: ELFBytes, segments: ELFSegments, sections: ELFSections, _ body: (Symbol) -> Void
    ) throws(LoadFailure) {
        guard let symbolTable, let stringTable, let stringSize,
            let symbols = segments.fileRange(from: symbolTable), let strings = segments.fileRange(from: stringTable),
            stringSize <= strings.count
        else { throw Self.outside }
        let count = try symbolCount(file, segments: segments, sections: sections)
        let (size, overflow) = count.multipliedReportingOverflow(by: Self.symbolSize)
        guard !overflow, size <= symbols.count else { throw Self.outside }
        var versions: UInt64?
        if let versionTable {
            // A 16-bit number for each symbol.
            guard let table = segments.fileRange(from: versionTable), table.count / 2 >= count else {
                throw Self.outside
            }
            versions = table.offset
        }
        for index in 0..<count {
            let at = symbols.offset + index * Self.symbolSize
            guard let name = file.number(UInt32.self, at: at), let info = file.number(UInt8.self, at: at + 4),
                let other = file.number(UInt8.self, at: at + 5), let section = file.number(UInt16.self, at: at + 6),
                let address = file.number(UInt64.self, at: at + 8)
            else { throw Self.outside }
            let version = versions.flatMap { file.number(UInt16.self, at: $0 + index * 2) } ?? 1
            guard section != 0, UInt64(name) < stringSize else { continue }
            body(
                Symbol(
                    nameOffset: strings.offset + UInt64(name), binding: info >> 4, type: info & 15,
                    visibility: other & 3, section: section, address: address, version: version))
        }
    }

    /// The dynamic section does not say how many symbols there are; the hash tables do, or the section header.
    private func symbolCount(
        _ file: ELFBytes, segments: ELFSegments, sections: ELFSections
    ) throws(LoadFailure) -> UInt64 {
        if let hashTable {
            // nbucket, nchain; there is a chain link for each symbol.
            guard let table = segments.fileRange(from: hashTable), table.count >= 8,
                let count = file.number(UInt32.self, at: table.offset + 4)
            else { throw Self.outside }
            return UInt64(count)
        }
        if let gnuHashTable { return try symbolCount(file, segments: segments, gnuHashTable: gnuHashTable) }
        guard let section = sections.dynamicSymbols else { throw Self.outside }
        return section.size / Self.symbolSize
    }

    private func symbolCount(
        _ file: ELFBytes, segments: ELFSegments, gnuHashTable: UInt64
    ) throws(LoadFailure) -> UInt64 {
        guard let table = segments.fileRange(from: gnuHashTable), table.count >= 16,
            let bucketCount = file.number(UInt32.self, at: table.offset),
            let firstSymbol = file.number(UInt32.self, at: table.offset + 4),
            let bloomCount = file.number(UInt32.self, at: table.offset + 8)
        else { throw Self.outside }
        let end = table.offset + table.count
        // 32-bit counts times 8 and 4: none of these sums can overflow.
        let buckets = table.offset + 16 + UInt64(bloomCount) * 8
        let chains = buckets + UInt64(bucketCount) * 4
        guard chains <= end else { throw Self.outside }
        var last: UInt32 = 0
        for index in 0..<UInt64(bucketCount) {
            guard let symbol = file.number(UInt32.self, at: buckets + index * 4) else { throw Self.outside }
            last = max(last, symbol)
        }
        guard last >= firstSymbol else { return UInt64(firstSymbol) }
        // The last bucket's chain goes on to the link whose lowest bit is set.
        var symbol = UInt64(last)
        while true {
            let at = chains + (symbol - UInt64(firstSymbol)) * 4
            guard at < end, let link = file.number(UInt32.self, at: at) else { throw Self.outside }
            symbol += 1
            if link & 1 == 1 { return symbol }
        }
    }
}
