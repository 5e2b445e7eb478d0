// Swift GotAPI · SPDX-License-Identifier: MIT

/// The name that `name` was probably meant to be, or `nil` where none is near: a third of its letters may differ.
func nearestName(to name: String, among candidates: [String]) -> String? {
    // A hostile name is not compared: no key is that long.
    guard name.utf8.count <= 100 else { return nil }
    let scored = candidates.map { (name: $0, distance: editDistance(Array(name.lowercased().utf8), Array($0.utf8))) }
    guard let best = scored.min(by: { $0.distance < $1.distance }) else { return nil }
    return best.distance <= max(1, name.utf8.count / 3) ? best.name : nil
}

/// Levenshtein's distance: how many bytes must be put in, left out or replaced.
private func editDistance(_ first: [UInt8], _ second: [UInt8]) -> Int {
    var row = Array(0...second.count)
    for (index, byte) in first.enumerated() {
        var diagonal = row[0]
        row[0] = index + 1
        for column in second.indices {
            let replaced = diagonal + (byte == second[column] ? 0 : 1)
            diagonal = row[column + 1]
            row[column + 1] = min(replaced, row[column] + 1, diagonal + 1)
        }
    }
    return row[second.count]
}
