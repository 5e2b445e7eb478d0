import GotAPIPlugin

/// TEMPLATENAME: a GotAPI plug-in.
///
///     GET /gotapi/TEMPLATENAME?serviceId=TEMPLATEID.1    →    {"result":0,"data":"Hello from TEMPLATENAME.",…}
final class TEMPLATETYPE: Plugin {
    nonisolated static let information = PluginInformation(
        id: "TEMPLATEID", name: "TEMPLATENAME", version: "1.0.0", vendor: "Example Ltd.",
        // What applications find, and the profiles that they may ask it for.
        services: [
            [
                "serviceId": "TEMPLATEID.1", "name": "TEMPLATENAME", "online": true,
                "scopes": ["TEMPLATENAME"],
            ]
        ])

    /// Opens the device. An error means: not started, and the log says why.
    init(host: Host) throws {}

    /// A request. They come on one thread, one after another, so properties need no lock. To answer later, return
    /// `.later { … }`, whose closure may await.
    func answer(_ request: Request) throws -> Answer {
        guard request.attribute.isEmpty else { return .failure(404, "There is no such attribute.") }
        guard request.method == .get else { return .failure(400, "Only GET is supported.") }
        return .success(["data": "Hello from TEMPLATENAME."])
    }
}
