// Swift GotAPI · SPDX-License-Identifier: MIT
