// Swift GotAPI · SPDX-License-Identifier: MIT

package import GotAPICore

/// What a plug-in's library says of itself before a byte of its code runs: plugin-abi.md, "Loading", step 3.
///
/// Reading it never traps, whatever the bytes are: every offset and sum is checked, nothing is allocated by a number
/// that the file names, and the work grows with the file's size only.
package struct LibraryImage: Sendable, Equatable {
    package let note: LibraryNote
    /// Up to three of the symbols that the dynamic linker would make unique in the whole process (`STB_GNU_UNIQUE`).
    package let uniqueSymbols: [String]
    /// Up to 64 of the symbols that it exports besides its entry.
    package let otherExports: [String]
    /// Up to 64 of the libraries that it needs, by name.
    package let neededLibraries: [String]

    /// Checks the bytes of a whole file.
    ///
    /// - Throws: ``LoadFailure`` with `NOT_A_PLUGIN`, `WRONG_ARCHITECTURE`, `BAD_ELF`, `ABI_MAJOR` or `BAD_DESCRIPTOR`.
    package init(checking bytes: UnsafeRawBufferPointer) throws(LoadFailure) {
        let file = ELFBytes(bytes)
        let header = try ELFHeader(file)
        let segments = try ELFSegments(file, header: header)
        let sections = try ELFSections(file, header: header)
        note = try LibraryNote.find(in: file, segments: segments, sections: sections)
        let dynamic = try ELFDynamicSection(file, segments: segments)
        let symbols = try dynamic.checkSymbols(of: file, segments: segments, sections: sections)
        uniqueSymbols = symbols.unique
        otherExports = symbols.exported
        neededLibraries = symbols.needed
    }

    /// Checks the bytes of a whole file that a description makes a plug-in of.
    ///
    /// - Parameter note: what the description says instead of the file.
    /// - Returns: the image, and those of `functions` that are none of the library's functions.
    /// - Throws: as ``init(checking:)``.
    package static func check(
        _ bytes: UnsafeRawBufferPointer, describedBy note: LibraryNote, functions: Set<String>
    ) throws(LoadFailure) -> (image: LibraryImage, missing: Set<String>) {
        let file = ELFBytes(bytes)
        let header = try ELFHeader(file)
        let segments = try ELFSegments(file, header: header)
        let sections = try ELFSections(file, header: header)
        let dynamic = try ELFDynamicSection(file, segments: segments)
        let (missing, uniqueSymbols) = try dynamic.find(functions, in: file, segments: segments, sections: sections)
        return (LibraryImage(note: note, uniqueSymbols: uniqueSymbols), missing)
    }

    init(note: LibraryNote, uniqueSymbols: [String]) {
        self.note = note
        self.uniqueSymbols = uniqueSymbols
        otherExports = []
        neededLibraries = []
    }

    /// The refusal of a library that may not run in the gateway's own process, or `nil`.
    package var inProcessFailure: LoadFailure? {
        guard let first = uniqueSymbols.first else { return nil }
        let names = uniqueSymbols.joined(separator: ", ")
        return LoadFailure(
            .uniqueSymbols,
            "has symbols that exist once in a process (\(names)), so that a later version would work on this one's "
                + "\(first); compile it with -fno-gnu-unique, or let it run isolated (\"isolation\": \"process\")")
    }
}
