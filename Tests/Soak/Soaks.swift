// Swift GotAPI · SPDX-License-Identifier: MIT

import Testing

/// What clients and plug-ins can do to a gateway for long or in great number, one after another, since each takes the whole
/// machine. Meanwhile a bystander is served; afterwards the gateway has what it had before (see ``Soak``).
@Suite(.serialized) struct Soaks {}
