// Swift GotAPI · SPDX-License-Identifier: MIT

package import GotAPICore

/// The ELF note that `GOTAPI_PLUGIN_NOTE` writes (`gotapi_note` in gotapi_plugin.h).
package struct LibraryNote: Sendable, Equatable {
    /// The major version that this gateway speaks (`GOTAPI_ABI_MAJOR`).
    package static let hostMajor: UInt32 = 1
    static let descriptorSize: UInt32 = 80
    /// How much of a run of notes is looked at, in bytes.
    private static let maximumRun: UInt64 = 64 << 10

    package let abiMajor: UInt32
    package let abiMinor: UInt32
    package let flags: PluginDescriptor.Flags
    package let id: String

    /// What stands for the note of a library that has none, since it is described.
    package init(describing id: String) {
        abiMajor = Self.hostMajor
        abiMinor = 0
        flags = []
        self.id = id
    }

    /// Looks through the notes that are loaded, and through the sections where the linker loaded none of them.
    static func find(
        in file: ELFBytes, segments: ELFSegments, sections: ELFSections
    ) throws(LoadFailure) -> LibraryNote {
        var found: LibraryNote?
        var places = segments.notes.map { ($0.offset, $0.fileSize, $0.alignment) }
        places += sections.notes.map { ($0.offset, $0.size, $0.alignment) }
        for (offset, size, alignment) in places {
            // The same bytes are seen twice where both tables name them: equal notes are one.
            guard let note = try scan(file, offset: offset, size: size, alignment: alignment) else { continue }
            guard found == nil || found == note else {
                throw LoadFailure(.badELF, "has two different plug-in notes; write GOTAPI_PLUGIN_NOTE once")
            }
            found = note
        }
        guard let found else {
            throw LoadFailure(
                .notAPlugin, "has no plug-in note; write GOTAPI_PLUGIN_NOTE(\"your.id\", flags) in one source file")
        }
        return found
    }

    /// The first plug-in note in a run of notes; each is three numbers, the owner's name and the descriptor, padded to
    /// 4 bytes, or to 8 where the run is aligned to that (elf(5), "Notes").
    private static func scan(
        _ file: ELFBytes, offset: UInt64, size: UInt64, alignment: UInt64
    ) throws(LoadFailure) -> LibraryNote? {
        let unit: UInt64 = alignment == 8 ? 8 : 4
        // Inside the file, as the tables' readers made sure; so no sum below can overflow.
        let end = offset + min(size, maximumRun)
        var at = offset
        while end - at >= 12 {
            guard let nameSize = file.number(UInt32.self, at: at),
                let descriptorSize = file.number(UInt32.self, at: at + 4),
                let type = file.number(UInt32.self, at: at + 8)
            else { return nil }
            let nameRoom = (UInt64(nameSize) + 3) & ~3
            let descriptor = at + 12 + (unit == 8 ? ((12 + UInt64(nameSize) + 7) & ~7) - 12 : nameRoom)
            let next = descriptor + ((UInt64(descriptorSize) + unit - 1) & ~(unit - 1))
            if nameSize == 7, type == 1, file.hasText("GotAPI", at: at + 12) {
                return try LibraryNote(file, at: descriptor, size: descriptorSize, end: end)
            }
            guard next <= end else { return nil }
            at = next
        }
        return nil
    }

    private init(_ file: ELFBytes, at offset: UInt64, size: UInt32, end: UInt64) throws(LoadFailure) {
        guard offset <= end, end - offset >= UInt64(size), size >= 8,
            let abiMajor = file.number(UInt32.self, at: offset),
            let abiMinor = file.number(UInt32.self, at: offset + 4)
        else { throw .truncated("the plug-in note") }
        guard abiMajor == Self.hostMajor else {
            throw LoadFailure(
                .abiMajor,
                "is made for plug-in interface \(abiMajor).\(abiMinor), this gateway speaks \(Self.hostMajor): get the "
                    + "library for version \(Self.hostMajor), or a gateway for version \(abiMajor)")
        }
        guard size == Self.descriptorSize, let flags = file.number(UInt32.self, at: offset + 8),
            let field = file.slice(at: offset + 16, count: 64)
        else {
            throw LoadFailure(.badELF, "has a plug-in note of \(size) bytes where 80 are right; use GOTAPI_PLUGIN_NOTE")
        }
        let id = field.prefix { $0 != 0 }
        guard PluginID.isValid(id), field.dropFirst(id.count).allSatisfy({ $0 == 0 }) else {
            throw LoadFailure(
                .badDescriptor,
                "has the id \"\(String(decoding: id, as: UTF8.self).printable)\" in its note: an id is 1 to 63 "
                    + "letters, digits, '.', '-' and '_', and begins with a letter")
        }
        self.abiMajor = abiMajor
        self.abiMinor = abiMinor
        self.flags = PluginDescriptor.Flags(rawValue: flags)
        self.id = String(decoding: id, as: UTF8.self)
    }
}
