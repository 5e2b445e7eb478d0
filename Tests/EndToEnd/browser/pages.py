# Swift GotAPI · SPDX-License-Identifier: MIT
"""Uses every page of html/ in a real browser as a person would: with the mouse, then with the keyboard alone.

    python pages.py [--url https://localhost:4036] [--pages index,helloworld,simpleclock,lightemulator,nativething]
                    [--shots DIR] [--restart COMMAND] [--pid FILE] [--changing] [--filter TEXT] [--chromium PATH]

Without --url the pages are served by the fake gateway of fake_gateway.py, which is restarted too, falls silent, and
loses a plug-in. A real gateway is restarted by COMMAND (a shell command that returns when it has ended the gateway and
started it again), and stopped for a while by its process id, which FILE holds; what is not given is left out.
--changing says that it has the fixture plug-in "changing". --pages names the pages whose plug-ins are there.

Needs Playwright (PyPI) and Debian's chromium. Ends with "N passed, N failed"; the exit status is 0 if none failed.
"""

import argparse
import contextlib
import json
import os
import re
import shlex
import signal
import subprocess
import sys
import traceback
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import expect, sync_playwright

sys.dont_write_bytecode = True  # the tests leave nothing behind

from fake_gateway import THING, FakeGateway  # noqa: E402

PATHS = {
    "index": "/", "helloworld": "/tutorials/helloworld.html", "simpleclock": "/tutorials/simpleclock.html",
    "lightemulator": "/tutorials/lightemulator.html", "nativething": "/tutorials/nativething.html",
}
TITLES = {
    "index": "Swift GotAPI", "helloworld": "Hello World · Swift GotAPI", "simpleclock": "Simple Clock · Swift GotAPI",
    "lightemulator": "Light Emulator · Swift GotAPI", "nativething": "Native Things · Swift GotAPI",
}
NAMED_ROLES = {
    "button", "link", "textbox", "searchbox", "combobox", "switch", "radio", "slider", "ColorWell", "checkbox", "timer",
    "DisclosureTriangle", "navigation", "complementary", "radiogroup", "image",
}
# Watches for what a strict Content-Security-Policy stops.
WATCH = """
window.violations = [];
addEventListener('securitypolicyviolation', (event) => violations.push(
  `${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`));
"""
# Every text whose contrast with what is behind it is under 4.5 : 1 (WCAG 2.2, 1.4.3); disabled controls are exempt.
CONTRAST = """() => {
  const channels = (color) => color.match(/[\\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => [r, g, b].map((c) => c / 255)
    .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
    .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const color = channels(getComputedStyle(at).backgroundColor);
      if (color.length === 3 || color[3] === 1) return color;
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const element of document.querySelectorAll('body *')) {
    const hasText = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!hasText || !element.checkVisibility() || element.closest('.hidden, :disabled, noscript, svg')) continue;
    const [light, dark] = [luminance(channels(getComputedStyle(element).color)), luminance(behind(element))]
      .sort((a, b) => b - a);
    const ratio = (light + 0.05) / (dark + 0.05);
    if (ratio < 4.5) poor.push(`${element.tagName} "${element.textContent.trim().slice(0, 30)}" ${ratio.toFixed(2)}`);
  }
  // What shows that a control is there, and which has the focus: 3 : 1 (1.4.11).
  for (const element of document.querySelectorAll('button, input, select')) {
    if (!element.checkVisibility() || element.matches(':disabled, [type=range], [type=radio], [type=color]')) continue;
    const style = getComputedStyle(element);
    const around = luminance(behind(element.parentElement));
    const ratio = Math.max(...[style.borderTopColor, style.backgroundColor].map((color) => {
      const [r, g, b, alpha = 1] = channels(color);
      const [light, dark] = [alpha === 1 ? luminance([r, g, b]) : around, around].sort((a, b) => b - a);
      return (light + 0.05) / (dark + 0.05);
    }));
    const name = element.id || element.textContent;
    if (ratio < 3) poor.push(`the edge of ${element.tagName} "${name}" ${ratio.toFixed(2)}`);
  }
  return poor;
}"""
# What reaches beyond the window, apart from what scrolls by itself.
WIDE = """[...document.querySelectorAll('body *')].filter((element) =>
  element.getBoundingClientRect().right > innerWidth + 0.5 && !element.closest('pre, svg, .stage, .hidden'))
  .map((element) => element.outerHTML.slice(0, 80))"""
# What a keyboard must reach; of a group of radio buttons the one that is chosen.
REACHABLE = """[...document.querySelectorAll('a[href], button, input, select, summary, [tabindex="0"]')]
  .filter((element) => element.checkVisibility() && !element.matches(':disabled, [type=radio]:not(:checked)'))"""

CHECKS = []


def check(*pages, needs=""):
    """Runs the function once for each page; what it `needs` is one of `Bench.has`."""
    def add(function):
        CHECKS.extend((function, name, needs) for name in pages or PATHS)
        return function
    return add


def equal(actual, expected):
    assert actual == expected, f"{actual!r} instead of {expected!r}"


class Visit:
    """A page in a browser of its own, and all that it does which it should not."""

    def __init__(self, bench, name, **options):
        self.bench, self.name, self.faults = bench, name, []
        self.context = bench.browser.new_context(**{
            "ignore_https_errors": True, "viewport": {"width": 1280, "height": 900},
            "permissions": ["clipboard-read", "clipboard-write"], **options})
        self.page = self.context.new_page()
        self.page.set_default_timeout(15_000)
        self.page.add_init_script(WATCH)
        self.host = urlsplit(bench.url).hostname
        self.page.on("request", lambda request: self.seen(request.url))
        self.page.on("websocket", lambda socket: self.seen(socket.url))
        self.page.on("requestfailed", self.failed)
        self.page.on("console", self.logged)
        self.page.on("pageerror", lambda error: self.faults.append(f"uncaught: {error}"))
        self.page.on("dialog", lambda dialog: (self.faults.append(f"dialog: {dialog.message}"), dialog.dismiss()))

    def seen(self, url):
        if urlsplit(url).scheme not in ("data", "blob") and urlsplit(url).hostname != self.host:
            self.faults.append(f"another host: {url}")

    def failed(self, request):
        if request.failure != "net::ERR_ABORTED":  # the page was left meanwhile
            self.faults.append(f"failed: {request.url} {request.failure}")

    def logged(self, message):
        if message.type in ("error", "warning"):
            self.faults.append(f"console: {message.text}")

    def open(self, is_connected=True):
        self.page.goto(self.bench.url + PATHS[self.name])
        if is_connected:
            expect(self["#status"]).to_have_text("Connected")
        return self

    def __getitem__(self, selector):
        return self.page.locator(selector)

    def finish(self):
        self.faults += [f"CSP: {text}" for text in self.page.evaluate("window.violations ?? []")]
        assert not self.faults, "\n".join(self.faults)

    # The keyboard alone

    def press(self, *keys):
        for key in keys:
            self.page.keyboard.press(key)

    def tab_to(self, selector):
        """Tab, until the element has the focus, which must be seen."""
        for _ in range(80):
            self.press("Tab")
            if self[selector].evaluate("(element) => element === document.activeElement"):
                outline = self[selector].evaluate("(element) => getComputedStyle(element).outlineStyle")
                assert outline != "none", f"the focus on {selector} is not visible"
                return
        raise AssertionError(f"Tab does not reach {selector}")


    # What every page can be brought to

    def use(self):
        """Has the page ask something, and opens the request in the monitor: there is then more to see."""
        if self.name == "index":
            refresh(self)
        if self.name == "helloworld":
            self["#send"].click()
            expect(self["#res"]).to_have_text("hello!")
        if self.name == "simpleclock":
            self["#btn"].click()
            expect(self["#btn"]).to_have_text("Stop")
            ticks(self, 1)
            self["#btn"].click()
            expect(self["#btn"]).to_have_text("Start")
        if self.name == "lightemulator":
            self["#light1-switch"].click()
            expect(self["#light1-state"]).to_have_text("On: Warm white, 100 %")
            self["#light1-switch"].click()
            expect(self["#light1-state"]).to_have_text("Off")
        if self.name == "nativething":
            perform(self, "on")
        self[".message.out summary"].first.click()
        expect(self['.message.out button:text-is("Copy as curl")'].first).to_be_visible()

    def fits(self):
        equal(self.page.evaluate(WIDE), [])
        equal(self.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), True)

    def is_readable(self):
        """In both schemes."""
        for scheme in ("light", "dark"):
            self.page.emulate_media(color_scheme=scheme)
            equal([scheme, *self.page.evaluate(CONTRAST)], [scheme])


# Every page

@check()
def it_says_what_it_is_and_connects(visit):
    visit.open()
    expect(visit.page).to_have_title(TITLES[visit.name])
    equal(visit["html"].get_attribute("lang"), "en")
    for selector in ("h1", "main", "header", "footer", "nav", "aside", "[role=status]#status"):
        equal(visit[selector].count(), 1)
    equal(visit["nav [aria-current=page]"].count(), 1)
    policy = visit["meta[http-equiv=Content-Security-Policy]"].get_attribute("content")
    for directive in ("default-src 'none'", "script-src 'self'", "style-src 'self'", "base-uri 'none'",
                      "form-action 'none'"):
        assert re.search(rf"(^|;\s*){re.escape(directive)}\s*(;|$)", policy), f"{directive} is missing in {policy}"


@check()
def every_control_and_landmark_has_a_name(visit):
    visit.open()
    visit.use()
    client = visit.context.new_cdp_session(visit.page)
    client.send("Accessibility.enable")
    nodes = [n for n in client.send("Accessibility.getFullAXTree")["nodes"] if not n["ignored"]]
    roles = [(n["role"]["value"], n.get("name", {}).get("value", "").strip()) for n in nodes]
    nameless = [role for role, name in roles if role in NAMED_ROLES and not name]
    equal(nameless, [])
    controls = [role for role, _ in roles if role in ("button", "link", "switch", "textbox", "slider")]
    assert len(controls) >= 6, controls
    focusable = [n for n in nodes
                 if any(p["name"] == "focusable" and p["value"]["value"] for p in n.get("properties", []))]
    equal([n["role"]["value"] for n in focusable
           if n["role"]["value"] not in ("main", "RootWebArea") and not n.get("name", {}).get("value", "").strip()], [])


@check()
def it_fits_a_screen_of_320_pixels(visit):
    visit.page.set_viewport_size({"width": 320, "height": 640})
    visit.open()
    visit.fits()
    visit.use()
    visit.fits()
    small = visit.page.evaluate("""[...document.querySelectorAll('button, input, select, nav a')].filter((element) =>
      element.checkVisibility() && Math.min(element.offsetWidth, element.offsetHeight) < 24)
      .map((element) => element.outerHTML.slice(0, 80))""")
    equal(small, [])
    visit.shot("320")


@check()
def light_and_dark_are_different_and_readable(visit):
    visit.open()
    papers = []
    for scheme in ("light", "dark"):
        visit.page.emulate_media(color_scheme=scheme)
        papers.append(visit["body"].evaluate("(body) => getComputedStyle(body).backgroundColor"))
        visit.shot(scheme)
    assert papers[0] != papers[1], papers
    visit.is_readable()
    visit.use()
    visit.is_readable()


@check()
def an_inline_script_or_style_does_not_run(visit):
    visit.open()
    visit.page.evaluate("""() => {
      const script = document.createElement('script');
      script.textContent = 'window.wasRun = true';
      document.body.append(script);
      document.body.setAttribute('style', 'outline: 1px solid red');
    }""")
    equal(visit.page.evaluate("window.wasRun === undefined"), True)
    equal(visit.page.evaluate("violations.map((text) => text.split(' ')[0]).sort()"),
          ["script-src-elem", "style-src-attr"])
    visit.faults.clear()
    visit.page.evaluate("violations.length = 0")


@check()
def a_gateway_that_is_not_there_is_explained_and_tried_again(visit):
    visit.page.route("**/gotapi/**", lambda route: route.abort())
    visit.open(is_connected=False)
    expect(visit["#status"]).to_have_text("Not connected")
    expect(visit["#problem"]).to_contain_text("The gateway does not answer")
    expect(visit["#problem"]).to_contain_text("script/server")
    visit.is_readable()
    visit.shot("problem")
    visit.page.set_viewport_size({"width": 320, "height": 640})
    visit.fits()
    visit.page.unroute_all()
    visit.tab_to("#problem button")
    visit.press("Enter")
    expect(visit["#main"]).to_be_focused()
    expect(visit["#status"]).to_have_text("Connected")
    expect(visit["#problem"]).to_be_hidden()
    visit.faults.clear()  # the browser logs each request that was stopped here


@check()
def the_keyboard_goes_from_page_to_page(visit):
    visit.open()
    visit.press("Tab")
    expect(visit[".skip"]).to_be_focused()
    visit.press("Enter")
    equal(visit.page.evaluate("document.activeElement.id"), "main")
    visit.open()
    target = "helloworld" if visit.name != "helloworld" else "index"
    visit.tab_to(f'nav a[href="{PATHS[target]}"]')
    visit.press("Enter")
    expect(visit.page).to_have_title(TITLES[target])
    expect(visit["#status"]).to_have_text("Connected")


@check()
def the_keyboard_reaches_every_control_and_shows_where_it_is(visit):
    visit.open()
    visit.use()
    visit.page.evaluate(f"() => {{ window.missed = new Set({REACHABLE}); }}")
    visit["body"].click(position={"x": 1, "y": 1})
    for _ in range(120):
        visit.press("Tab")
        invisible = visit.page.evaluate("""() => {
          const element = document.activeElement;
          missed.delete(element);
          const isSeen = element === document.body || getComputedStyle(element).outlineStyle !== 'none';
          return isSeen ? null : element.outerHTML;
        }""")
        assert invisible is None, f"the focus on {invisible} is not visible"
        if visit.page.evaluate("missed.size") == 0:
            return
    raise AssertionError(visit.page.evaluate("[...missed].map((element) => element.outerHTML.slice(0, 120))"))


@check()
def the_monitor_is_used_with_the_keyboard_alone(visit):
    visit.open()
    shown = visit[".message:visible"]
    expect(visit['.what:text-matches("^200 servicediscovery")'].first).to_be_visible()
    visit.tab_to("#monitor-pause")
    visit.press("Space")
    expect(visit["#monitor-pause"]).to_have_text("Resume")
    visit.tab_to("#monitor-text")
    visit.page.keyboard.type("grant")
    expect(shown).to_have_count(2)
    visit.tab_to("#monitor-direction")
    visit.page.keyboard.type("sent")
    expect(visit["#monitor-direction"]).to_have_value("out")
    expect(shown).to_have_count(1)
    visit.tab_to(".message:visible summary")
    visit.press("Enter")
    visit.tab_to('.message:visible button:text-is("Copy as curl")')
    visit.press("Enter")
    expect(visit[".report"]).to_have_text("Copied.")
    command = shlex.split(visit.page.evaluate("navigator.clipboard.readText()"))
    assert command[0] == "curl" and "/gotapi/authorization/grant?" in command[-1], command
    visit["body"].click(position={"x": 1, "y": 1})
    visit.tab_to("#monitor-pause")
    visit.press("Enter")
    expect(visit["#monitor-pause"]).to_have_text("Pause")
    visit.tab_to("#monitor-text")
    visit.press("Control+a", "Delete")
    visit.press("Shift+Tab")
    expect(visit["#monitor-clear"]).to_be_focused()
    visit.press("Enter")
    expect(shown).to_have_count(0)
    expect(visit["#monitor-clear"]).to_be_focused()


def begin(visit):
    """Something that must go on when the connection has been lost and is back."""
    visit.open()
    if visit.name == "simpleclock":
        visit["#btn"].click()
        ticks(visit, 1)
    if visit.name == "lightemulator":
        visit["#light1-switch"].click()
        expect(visit["#light1"]).to_have_attribute("data-on", "true")
    if visit.name == "nativething":
        observe_motion(visit)


def goes_on(visit):
    expect(visit["#status"]).to_have_text("Connected", timeout=40_000)
    expect(visit["#problem"]).to_be_hidden()
    if visit.name == "index":
        refresh(visit)
    if visit.name == "helloworld":
        visit["#send"].click()
        expect(visit["#res"]).to_have_text("hello!")
    if visit.name == "simpleclock":
        expect(visit["#btn"]).to_have_text("Stop")
        ticks(visit, 2)
        visit["#btn"].click()
        expect(visit["#btn"]).to_have_text("Start")
    if visit.name == "lightemulator":
        expect(visit['.what:text-is("POST light")']).to_have_count(2)  # lit again, as it was
        expect(visit["#light1"]).to_have_attribute("data-on", "true")
        visit["#light1-switch"].click()
        expect(visit["#light1"]).to_have_attribute("data-on", "false")
    if visit.name == "nativething":
        expect(visit[".badge"]).to_have_text("online", timeout=40_000)
        moves(visit)
        perform(visit, "off")
    visit.faults.clear()  # the browser logs each attempt that found no gateway


@check(needs="restart")
def it_survives_a_restart_of_the_gateway(visit):
    begin(visit)
    visit.bench.restart()
    # The note is the proof that the page saw it go; the status may be back before it is looked at.
    expect(visit[".message.note"].first).to_be_visible()
    goes_on(visit)


@check(needs="silence")
def it_survives_a_sleep_that_nothing_tells_of(visit):
    begin(visit)
    with visit.bench.silence():
        # As when a computer has its network again. More than once: a real gateway may answer one last time while it stops.
        visit.page.evaluate("waking = setInterval(() => dispatchEvent(new Event('online')), 500)")
        expect(visit['.message.note:has-text("The connection had gone silent.")']).to_be_visible()
        visit.page.evaluate("clearInterval(waking)")
        if not visit.bench.gateway:
            expect(visit["#status"]).to_have_text("Connection lost. Trying again…")
    goes_on(visit)


@check("helloworld", "simpleclock", "lightemulator", needs="fake")
def a_plugin_that_is_missing_is_explained_until_it_comes(visit):
    services, visit.bench.gateway.services = visit.bench.gateway.services, []
    try:
        visit.open()
        expect(visit["#problem"]).to_contain_text("The plug-in is not there")
        expect(visit["[data-needs-service]"].first).to_be_disabled()
        for service in services:
            visit.bench.gateway.change_service(service, True)
        expect(visit["#problem"]).to_be_hidden()
        expect(visit["[data-needs-service]"].first).to_be_enabled()
    finally:
        visit.bench.gateway.services = services


# Index

def refresh(visit):
    requests = visit['.what:text-is("GET servicediscovery")']
    before = requests.count()
    visit["#refresh"].click()
    expect(requests).to_have_count(before + 1)


@check("index")
def the_services_and_the_applications_are_listed(visit):
    visit.open()
    expect(visit[".service"].first).to_be_visible()
    count = visit[".service"].count()
    expect(visit["#services-count"]).to_have_text(f"{count} service{'' if count == 1 else 's'} now.")
    for name in visit.bench.pages:
        if name != "index":
            card = visit[f'.card:has(a[href="{PATHS[name]}"])']
            expect(card.locator(".ready")).to_have_text("Ready")
    requests = visit['.what:text-is("GET servicediscovery")']
    before = requests.count()
    visit["#refresh"].click()
    expect(requests).to_have_count(before + 1)
    expect(visit[".service"]).to_have_count(count)
    visit.tab_to("#refresh")
    visit.press("Enter")
    expect(requests).to_have_count(before + 2)


@check("index", needs="fake")
def services_come_and_go_by_themselves(visit):
    visit.open()
    expect(visit[".service"]).to_have_count(4)
    service = {"serviceId": "com.example.thermo", "name": "Thermometer", "online": False, "scopes": ["a", "b"]}
    visit.bench.gateway.change_service(service, True)
    expect(visit[".service"]).to_have_count(5)
    expect(visit[".service"].last).to_contain_text("offline")
    visit.bench.gateway.change_service(service, False)
    expect(visit[".service"]).to_have_count(4)


@check("index", needs="changing")
def a_plugin_that_changes_its_services_is_seen_here_and_by_every_client(visit):
    visit.open()
    device = visit['.service:has(.id:text-is("changing-device"))']
    expect(visit['.service:has(.id:text-is("changing"))']).to_have_count(1)
    expect(device).to_have_count(0)
    count = visit[".service"].count()
    other = visit.context.new_page()
    other.goto(visit.page.url)
    other.evaluate("""async () => {
      const { default: GotapiClient } = await import('/gotapi-client.mjs');
      window.changes = [];
      window.gotapi = new GotapiClient();
      gotapi.onservicechange = (service) => changes.push(service);
      await gotapi.connect();
    }""")
    for attribute, online, state in (("come", True, True), ("sleep", False, True), ("come", True, True),
                                     ("sleep", False, True), ("go", False, False)):
        seen = other.evaluate("changes.length")
        other.evaluate("""(attribute) => gotapi.request(
          {method: 'put', serviceId: 'changing', profile: 't', attribute})""", attribute)
        other.wait_for_function("(seen) => changes.length > seen", arg=seen)
        equal(other.evaluate("changes.slice(-1)"), [
            {"serviceId": "changing-device", "name": "device", "online": online, "scopes": ["t"], "state": state}])
        if state:
            expect(device.locator(".badge")).to_have_text("online" if online else "offline")
        expect(visit[".service"]).to_have_count(count + (1 if state else 0))
        expect(visit["#services-count"]).to_have_text(f"{count + (1 if state else 0)} services now.")
    equal(other.evaluate("changes.length"), 5)


# Hello World

@check("helloworld")
def a_text_is_echoed_with_the_mouse_and_with_the_keyboard(visit):
    visit.open()
    visit["#send"].click()
    expect(visit["#res"]).to_have_text("hello!")
    visit["#msg"].fill("Grüße, 世界 😀 <b>&amp;</b> +%")
    visit["#send"].click()
    expect(visit["#res"]).to_have_text("Grüße, 世界 😀 <b>&amp;</b> +%")
    visit.shot("used")
    visit["body"].click(position={"x": 1, "y": 1})
    visit.tab_to("#msg")
    visit.press("Control+a")
    visit.page.keyboard.type("typed")
    visit.press("Enter")
    expect(visit["#res"]).to_have_text("typed")
    visit.press("Control+a", "Backspace")
    visit.tab_to("#send")
    visit.press("Space")
    expect(visit["#res"]).to_have_text("")


@check("helloworld")
def the_monitor_shows_filters_pauses_copies_and_clears(visit):
    visit.open()
    visit["#send"].click()
    expect(visit["#res"]).to_have_text("hello!")
    sent, received = visit['.what:text-is("GET echo")'], visit['.what:text-matches("^200 echo, [0-9]+.ms$")']
    expect(sent).to_be_visible()
    expect(received).to_be_visible()
    text = visit[".messages"].inner_text()
    assert not re.search(r"[0-9a-f]{32}", text), "a secret is shown"

    visit["#monitor-text"].fill("MSG=hello")
    shown = visit[".message:visible"]
    expect(shown).to_have_count(2)
    visit["#monitor-direction"].select_option("out")
    expect(shown).to_have_count(1)
    sent.click()
    visit[".message:visible .url"].wait_for()
    url = visit[".message:visible .url"].inner_text()
    assert "msg=hello!" in url and "accessToken=***" in url and "nonce=***" in url, url
    visit[".message:visible button"].click()
    expect(visit[".report"]).to_have_text("Copied.")
    command = shlex.split(visit.page.evaluate("navigator.clipboard.readText()"))
    equal(command[:2], ["curl", "--insecure"])
    assert command[-1].startswith(visit.bench.url + "/gotapi/echo?serviceId="), command
    assert command[-1].endswith("msg=hello%21&accessToken=$ACCESS_TOKEN") and "nonce" not in command[-1], command
    visit["#monitor-text"].fill("")
    visit["#monitor-direction"].select_option("")

    visit["#monitor-pause"].click()
    count = shown.count()
    visit["#msg"].fill("while paused")
    visit["#send"].click()
    expect(visit["#res"]).to_have_text("while paused")
    expect(visit["#monitor-pause"]).to_have_text("Resume (2)")
    expect(shown).to_have_count(count)
    visit.tab_to("#monitor-pause")
    visit.press("Enter")
    expect(visit["#monitor-pause"]).to_have_text("Pause")
    expect(shown).to_have_count(count + 2)
    visit.tab_to("#monitor-clear")
    visit.press("Space")
    expect(shown).to_have_count(0)
    expect(visit["#monitor"]).to_contain_text("No message yet.")


@check("helloworld")
def the_monitor_is_read_with_the_keyboard(visit):
    visit.open()
    visit["#send"].click()
    expect(visit["#res"]).to_have_text("hello!")
    visit.tab_to(".message.in summary >> nth=0")
    visit.press("Enter")
    expect(visit[".message.in pre"].first).to_contain_text('"data": "hello!"')
    equal("***" in visit[".message.in pre"].first.inner_text(), True)


# Simple Clock

def ticks(visit, count):
    """Waits until the shown time has changed so often."""
    for _ in range(count):
        shown = visit["#res"].inner_text()
        expect(visit["#res"]).not_to_have_text(shown)
        expect(visit["#res"]).not_to_have_text("")


@check("simpleclock")
def the_clock_ticks_and_stops_with_the_mouse(visit):
    visit.open()
    visit["#btn"].click()
    expect(visit["#btn"]).to_have_text("Stop")
    ticks(visit, 3)
    angle = visit["#second"].get_attribute("transform")
    assert re.fullmatch(r"rotate\([\d.]+\)", angle or ""), angle
    visit.shot("used")
    visit["#btn"].click()
    expect(visit["#btn"]).to_have_text("Start")
    expect(visit["#ticks"]).to_have_text("Stopped.")
    shown, messages = visit["#res"].inner_text(), visit[".message"].count()
    visit.page.wait_for_timeout(2_500)  # not to wait for something, but to see that nothing comes
    equal((visit["#res"].inner_text(), visit[".message"].count()), (shown, messages))


@check("simpleclock")
def the_clock_ticks_and_stops_with_the_keyboard(visit):
    visit.open()
    visit.tab_to("#btn")
    visit.press("Enter")
    expect(visit["#btn"]).to_have_text("Stop")
    ticks(visit, 2)
    expect(visit["#btn"]).to_be_focused()
    visit.press("Space")
    expect(visit["#btn"]).to_have_text("Start")
    expect(visit["#ticks"]).to_have_text("Stopped.")


@check("simpleclock")
def each_page_has_a_clock_of_its_own_and_none_is_announced(visit):
    visit.open()
    other = visit.context.new_page()
    other.goto(visit.page.url)
    expect(other.locator("#status")).to_have_text("Connected")
    other.locator("#btn").click()
    visit["#btn"].click()
    ticks(visit, 1)
    other.locator("#btn").click()
    expect(other.locator("#btn")).to_have_text("Start")
    ticks(visit, 2)
    equal(visit["#res"].evaluate("(e) => e.closest('[aria-live=polite], [aria-live=assertive], output, "
                                 "[role=status], [role=alert], [role=log]') === null"), True)
    visit["#btn"].click()
    expect(visit["#btn"]).to_have_text("Start")


# Light Emulator

def lamp(visit, number):
    """What one sees of a lamp."""
    return visit[f"#light{number}"].evaluate("""(item) => {
      const style = getComputedStyle(item);
      const lit = getComputedStyle(item.querySelector('svg .lit'));
      return {
        on: item.dataset.on === 'true', color: style.getPropertyValue('--light').trim(),
        level: style.getPropertyValue('--level').trim(), period: style.getPropertyValue('--period').trim(),
        blinks: lit.animationName === 'blink',
      };
    }""")


@check("lightemulator")
def the_lamps_are_used_with_the_mouse(visit):
    visit.open()
    equal(visit[".lamp"].count(), 3)
    switch, item, state = visit["#light1-switch"], visit["#light1"], visit["#light1-state"]
    switch.click()
    expect(switch).to_have_attribute("aria-checked", "true")
    expect(state).to_have_text("On: Warm white, 100 %")
    expect(visit["#light1 svg .lit"]).to_have_css("opacity", "1")
    visit["#light1 .swatches label:has-text('Red')"].click()
    expect(state).to_have_text("On: Red, 100 %")
    expect(visit["#light1 .glow"]).to_have_css("fill", "rgb(255, 59, 48)")
    box = visit["#light1-brightness"].bounding_box()
    visit.page.mouse.click(box["x"] + box["width"] * 0.5, box["y"] + box["height"] / 2)
    expect(state).to_have_text(re.compile(r"^On: Red, (45|50|55) %$"))
    visit["#light1-flashing"].select_option("1000")
    expect(state).to_have_text(re.compile("blinking every 1 s$"))
    equal(lamp(visit, 1) | {"level": "x"},
          {"on": True, "color": "#ff3b30", "level": "x", "period": "1000ms", "blinks": True})
    visit["#light1-free"].fill("#12ab34")
    expect(state).to_have_text(re.compile("^On: #12ab34, "))
    visit["#light3 .swatches label:has-text('Blue')"].click()  # an unlit lamp: shown when it is lit
    visit["#light3-switch"].click()
    expect(visit["#light3-state"]).to_have_text("On: Blue, 100 %")
    equal(lamp(visit, 2)["on"], False)
    visit.shot("used")
    for number in (1, 3):
        visit[f"#light{number}-switch"].click()
        expect(visit[f"#light{number}-state"]).to_have_text("Off")
    expect(visit["#light1 svg .lit"]).to_have_css("opacity", "0")
    expect(visit['.what:text-is("POST light")']).to_have_count(2)
    expect(visit['.what:text-is("DELETE light")']).to_have_count(2)
    expect(item).to_have_attribute("data-on", "false")


@check("lightemulator")
def the_lamps_are_used_with_the_keyboard(visit):
    visit.open()
    state = visit["#light2-state"]
    visit.tab_to("#light2-switch")
    visit.press("Space")
    expect(state).to_have_text("On: Warm white, 100 %")
    expect(visit["#light2-switch"]).to_be_focused()
    visit.tab_to("#light2 [type=radio]:checked")
    visit.press("ArrowRight", "ArrowRight")
    expect(state).to_have_text("On: Red, 100 %")
    visit.tab_to("#light2-brightness")
    visit.press("ArrowLeft", "ArrowLeft")
    expect(state).to_have_text("On: Red, 90 %")
    visit.tab_to("#light2-flashing")
    visit.press("ArrowDown")
    expect(state).to_have_text("On: Red, 90 %, blinking every 2 s")
    for _ in range(30):
        visit.press("Shift+Tab")
        if visit["#light2-switch"].evaluate("(element) => element === document.activeElement"):
            break
    visit.press("Enter")
    expect(state).to_have_text("Off")


@check("lightemulator")
def nothing_blinks_for_who_wants_less_motion(visit):
    visit.page.emulate_media(reduced_motion="reduce")
    visit.open()
    visit["#light1-flashing"].select_option("500")
    visit["#light1-switch"].click()
    expect(visit["#light1-state"]).to_have_text("On: Warm white, 100 %, blinking every 0.5 s")
    equal(lamp(visit, 1)["blinks"], False)
    visit["#light1-switch"].click()
    expect(visit["#light1-state"]).to_have_text("Off")


# Native Things

def perform(visit, verb):
    visit[f'.verbs button:text-is("{verb}")'].click()
    expect(visit[".outcome"]).to_have_text(f"{verb}: accepted.")
    expect(visit[".properties dd"].first).to_have_text(verb)


def observe_motion(visit):
    visit[".events button"].click()
    expect(visit[".events button"]).to_have_text("Stop")
    moves(visit)


def moves(visit):
    """Waits for one more event of motion; a thing that is not the fake one makes them by itself. Only the newest are
    kept, each with its second."""
    events = visit[".events li"]
    before = events.first.text_content() if events.count() else ""
    if visit.bench.gateway:
        # Told again, since a page that has just come back subscribes a moment later.
        for _ in range(100):
            visit.bench.gateway.report_event("motion")
            visit.page.wait_for_timeout(100)
            if events.count() and events.first.text_content() != before:
                break
    expect(events.first).not_to_have_text(before, timeout=40_000)
    expect(events.first).to_contain_text(": motion")


@check("nativething")
def a_thing_is_switched_and_says_so_with_the_mouse(visit):
    visit.open()
    expect(visit["#things-count"]).to_have_text("1 thing, 1 online.")
    expect(visit["#no-things"]).to_be_hidden()
    expect(visit[".thing h3"]).to_have_text("Lamp")
    expect(visit[".thing .id"]).to_have_text("/device/lighting/gotapi/lamp")
    visit["[data-property=brightness]"].fill("40")
    perform(visit, "on")
    expect(visit[".properties dd"].last).to_have_text("40\u00a0%")
    visit["[data-property=brightness]"].fill("")
    perform(visit, "off")
    expect(visit[".properties dd"].last).to_have_text("40\u00a0%")
    visit["[type=checkbox]"].check()
    visit['.verbs button:text-is("on")'].click()
    expect(visit[".outcome"]).to_have_text("on: it would be accepted.")
    expect(visit[".properties dd"].first).to_have_text("off")


@check("nativething")
def a_thing_is_used_with_the_keyboard(visit):
    visit.open()
    expect(visit['.verbs button:text-is("on")']).to_be_visible()
    visit.tab_to('.verbs button:text-is("on")')
    visit.press("Enter")
    expect(visit[".outcome"]).to_have_text("on: accepted.")
    visit.tab_to('.verbs button:text-is("off")')
    visit.press("Space")
    expect(visit[".outcome"]).to_have_text("off: accepted.")
    expect(visit['.verbs button:text-is("off")']).to_be_focused()
    visit.tab_to(".events button")
    visit.press("Enter")
    expect(visit[".events button"]).to_have_text("Stop")
    moves(visit)
    expect(visit[".events button"]).to_be_focused()
    visit.press("Enter")
    expect(visit[".events button"]).to_have_text("Subscribe")


@check("nativething")
def what_a_thing_does_is_seen_by_every_page(visit):
    visit.open()
    other = visit.context.new_page()
    other.goto(visit.page.url)
    expect(other.locator("#status")).to_have_text("Connected")
    expect(other.locator(".properties dd").first).to_be_visible()
    for verb in ("on", "off"):
        perform(visit, verb)
        expect(other.locator(".properties dd").first).to_have_text(verb)


@check("nativething")
def what_is_beyond_a_range_is_not_sent(visit):
    visit.open()
    field = visit["[data-property=brightness]"]
    expect(visit.page.get_by_label("brightness (0 to 100 %)")).to_have_count(1)
    perform(visit, "off")
    sent = visit['.what:text-is("POST nativeThing/perform")'].count()
    for text in ("101", "-1"):
        field.fill(text)
        visit['.verbs button:text-is("on")'].click()
        expect(field).to_be_focused()
        equal(field.evaluate("(field) => field.validity.valid"), False)
    expect(visit[".outcome"]).to_have_text("")
    equal(visit['.what:text-is("POST nativeThing/perform")'].count(), sent)
    field.fill("12.5")
    perform(visit, "on")
    expect(visit[".properties dd"].last).to_have_text("12.5\u00a0%")
    equal(visit['.what:text-is("POST nativeThing/perform")'].count(), sent + 1)


@check("nativething", needs="fake")
def the_form_is_what_the_prototype_says(visit):
    gateway = visit.bench.gateway
    thing, prototype = gateway.thing, gateway.prototype
    try:
        gateway.prototype = {**prototype, "properties": {
            "name": True, "status": ["on", "off"], "mode": ["calm", "storm"], "level": "u8", "heat": "celsius",
            "at": "latlng", "when": "timestamp", "color": {"rgb": {"r": "u8"}}, "note": True, "id": "id",
            "__proto__x": "watts"}}
        gateway.thing = {**thing, "status": "off", "info": {"heat": "21.5", "__proto__x": 5}}
        visit.open()
        equal(visit[".parameters label"].all_inner_texts(),
              ["mode", "level (0 to 255)", "heat (°C)", "at", "when", "color", "note", "id", "__proto__x (W)"])
        expect(visit[".properties dd"]).to_have_text(["off", "21.5\u00a0°C", "5\u00a0W"])
        field = {name: visit[f"[data-property={name}]"] for name in
                 ("mode", "level", "heat", "at", "when", "color", "note")}
        equal(field["mode"].locator("option").all_inner_texts(), ["", "calm", "storm"])
        for name, wrong, right in (("level", "2.5", "2"), ("at", "48.2", "48.2, 16.4"), ("color", "red", '{"rgb":{"r":1}}'),
                                   ("color", "[1]", '{"rgb":{"r":2}}')):
            field[name].fill(wrong)
            visit['.verbs button:text-is("on")'].click()
            expect(field[name]).to_be_focused()
            field[name].fill(right)
        field["mode"].select_option("storm")
        field["heat"].fill("-3.5")
        field["when"].fill("2026-01-31T12:00:00")
        field["note"].fill("<b>")
        visit['.verbs button:text-is("on")'].click()
        expect(visit[".outcome"]).to_have_text("on: accepted.")
        sent = json.loads(gateway.performed["parameter"])
        when = sent.pop("when")
        assert re.fullmatch(r"2026-0[12]-\d\dT\d\d:\d\d:00\.000Z", when), when
        equal(sent, {"mode": "storm", "level": 2, "heat": -3.5, "at": [48.2, 16.4], "color": {"rgb": {"r": 2}},
                     "note": "<b>"})
        visit.is_readable()
        visit.fits()
    finally:
        gateway.thing, gateway.prototype = thing, prototype


@check("nativething", needs="fake")
def a_refusal_and_an_absence_are_explained(visit):
    gateway = visit.bench.gateway
    visit.open()
    visit[".raw summary"].click()
    visit[".raw input"].fill("broken")
    visit['.verbs button:text-is("on")'].click()
    expect(visit["#problem"]).to_contain_text("Lamp did not do that")
    expect(visit["#problem"]).to_contain_text("<b>broken</b>")
    visit[".raw input"].fill("")
    try:
        gateway.change_service({**THING, "online": False}, True)
        expect(visit[".badge"]).to_have_text("offline")
        expect(visit["#things-count"]).to_have_text("1 thing, 0 online.")
        visit['.verbs button:text-is("on")'].click()
        expect(visit["#problem"]).to_contain_text("gotapi things")
        gateway.change_service(THING, False)
        expect(visit[".thing"]).to_have_count(0)
        expect(visit["#no-things"]).to_be_visible()
    finally:
        gateway.change_service(THING, True)
    expect(visit[".badge"]).to_have_text("online")
    perform(visit, "on")
    visit.faults.clear()  # the browser logs what was refused


@check("nativething", needs="fake")
def what_a_thing_says_is_text_whatever_it_is(visit):
    gateway = visit.bench.gateway
    thing, prototype = gateway.thing, gateway.prototype
    hostile = "<img src=x onerror=alert(1)>" + "W" * 80
    try:
        gateway.prototype = {**prototype, "path": f"/device/{hostile}/a/b", "perform": [hostile, "on", "off"],
                             "observe": [hostile]}
        gateway.thing = {**thing, "name": hostile, "status": hostile,
                         "info": {"__proto__": 1, hostile: {"a": hostile}, "percentage": 3}}
        visit.page.set_viewport_size({"width": 320, "height": 640})
        visit.open()
        expect(visit[".thing h3"]).to_have_text(hostile)
        expect(visit[".properties dt"]).to_have_count(4)
        equal(visit[".thing img"].count(), 0)
        visit.fits()
        gateway.change_thing(info={hostile: None, "constructor": [1]})
        expect(visit[".properties dt"]).to_have_text(["status", "__proto__", "percentage", "constructor"])
    finally:
        gateway.thing, gateway.prototype = thing, prototype


class Bench:
    def __init__(self, browser, options):
        self.browser, self.options = browser, options
        self.pages = options.pages.split(",")
        self.gateway = None if options.url else FakeGateway(tick=0.5).start()
        if self.gateway:
            self.gateway.services.append(THING)
        self.url = (options.url or self.gateway.origin).rstrip("/")
        self.has = {
            "": True, "fake": self.gateway, "restart": self.gateway or options.restart,
            "silence": self.gateway or options.pid, "changing": options.changing,
        }

    def restart(self):
        if self.gateway:
            self.gateway.restart()
        else:
            subprocess.run(self.options.restart, shell=True, check=True, stdin=subprocess.DEVNULL)

    @contextlib.contextmanager
    def silence(self):
        """The gateway is silent on the connections that it has, a real one on new ones too until the end of this."""
        if self.gateway:
            self.gateway.fall_silent()
            yield
            return
        process = int(Path(self.options.pid).read_text())
        os.kill(process, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(process, signal.SIGCONT)

    def run(self, function, name, needs):
        """None where this cannot be checked here, else whether it passed."""
        if name not in self.pages or self.options.filter not in f"{name} {function.__name__}":
            return None
        if not self.has[needs]:
            return None
        visit = Visit(self, name)
        title = f"{name}: {function.__name__.replace('_', ' ')}"

        def shot(kind):
            if self.options.shots:
                visit.page.screenshot(path=Path(self.options.shots) / f"{name}-{kind}.png", full_page=True)

        visit.shot = shot
        try:
            function(visit)
            visit.finish()
            print(f"ok      {title}", flush=True)
            return True
        except Exception:
            print(f"FAILED  {title}\n{traceback.format_exc()}{chr(10).join(visit.faults)}", flush=True)
            shot(f"failed-{function.__name__}")
            return False
        finally:
            visit.context.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--url", help="the gateway whose pages are used; without it a fake one")
    parser.add_argument("--pages", default=",".join(PATHS), help="only these, separated by commas")
    parser.add_argument("--shots", help="a folder for screenshots")
    parser.add_argument("--restart", help="a shell command that restarts the gateway at --url")
    parser.add_argument("--pid", help="a file with the process id of the gateway at --url")
    parser.add_argument("--changing", action="store_true", help='the gateway at --url has the fixture "changing"')
    parser.add_argument("--filter", default="", help="run only checks whose page and name contain this")
    parser.add_argument("--chromium", default="/usr/bin/chromium")
    options = parser.parse_args()
    if unknown := set(options.pages.split(",")) - PATHS.keys():
        parser.error(f"unknown pages: {', '.join(unknown)}")
    if options.shots:
        Path(options.shots).mkdir(parents=True, exist_ok=True)
    expect.set_options(timeout=15_000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=options.chromium, args=["--no-sandbox"])
        bench = Bench(browser, options)
        results = [bench.run(*entry) for entry in CHECKS]
        browser.close()
    print(f"{results.count(True)} passed, {results.count(False)} failed")
    return 1 if False in results or True not in results else 0


if __name__ == "__main__":
    sys.exit(main())
