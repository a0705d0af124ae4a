#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""browser.py DIR: looks at the pages of test_html.c in a real headless browser.

Speaks WebDriver to chromedriver (Debian: chromium, chromium-driver) with Python's own library.
Exits with 77 and a word where there is no browser. With SHOTS=DIR in the environment, leaves
screenshots there.
"""
import base64
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--hide-scrollbars", "--window-size=1280,1300"]
INTERACTIVE_S = 20  # of 100,000 goroutines, on a busy machine; what it took is printed


class Browser:
    def __init__(self, profile):
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE,
                                       stderr=subprocess.DEVNULL, text=True)
        try:
            self.start(profile)
        except BaseException:
            self.stop()
            raise

    def start(self, profile):
        for line in self.driver.stdout:
            found = re.search(r"started successfully on port (\d+)", line)
            if found:
                break
        else:
            raise RuntimeError("chromedriver did not start")
        self.url = "http://127.0.0.1:" + found.group(1)
        # No proxy between this program and its own machine.
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        options = {"args": FLAGS + ["--user-data-dir=" + profile]}
        if shutil.which("chromium"):
            options["binary"] = shutil.which("chromium")
        session = self.call("POST", "/session", {"capabilities": {"alwaysMatch": {
            "browserName": "chrome", "goog:chromeOptions": options,
            "goog:loggingPrefs": {"browser": "ALL"}}}})
        self.url += "/session/" + session["sessionId"]

    def call(self, method, path, body=None):
        request = urllib.request.Request(self.url + path, method=method,
                                         data=None if body is None else json.dumps(body).encode(),
                                         headers={"Content-Type": "application/json"})
        try:
            with self.opener.open(request, timeout=120) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(json.load(error)["value"]["message"]) from None

    def open(self, path):
        self.call("POST", "/url", {"url": "about:blank"})
        self.call("POST", "/url", {"url": "file://" + path})

    def run(self, script, *args):
        return self.call("POST", "/execute/sync", {"script": script, "args": list(args)})

    def wait(self, script, *args):
        """Until the script gives something true."""
        end = time.monotonic() + 30
        while time.monotonic() < end:
            value = self.run(script, *args)
            if value:
                return value
            time.sleep(0.05)
        raise AssertionError("never true: " + script)

    def click(self, selector, index=0):
        self.run("document.querySelectorAll(arguments[0])[arguments[1]].click()", selector, index)

    def count(self, selector):
        return self.run("return document.querySelectorAll(arguments[0]).length", selector)

    def text(self, selector):
        return self.run("return document.querySelector(arguments[0]).textContent", selector)

    def search(self, text):
        element = self.call("POST", "/element", {"using": "css selector", "value": "#search"})
        path = "/element/" + next(iter(element.values()))
        self.call("POST", path + "/clear", {})
        if text:
            self.call("POST", path + "/value", {"text": text})
        time.sleep(0.3)

    def dark(self, dark):
        self.call("POST", "/goog/cdp/execute", {"cmd": "Emulation.setEmulatedMedia", "params": {
            "features": [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]}})

    def shot(self, name):
        if os.environ.get("SHOTS"):
            with open(os.path.join(os.environ["SHOTS"], name + ".png"), "wb") as file:
                file.write(base64.b64decode(self.call("GET", "/screenshot")))

    def complaints(self):
        return [entry["message"] for entry in self.call("POST", "/se/log", {"type": "browser"})
                if entry["level"] == "SEVERE"]

    def close(self):
        try:
            self.call("DELETE", "")
        finally:
            self.stop()

    def stop(self):
        self.driver.terminate()
        self.driver.wait()


def equal(found, wanted):
    assert found == wanted, "%r, not %r" % (found, wanted)


def says_first_what_happened(b, pages):
    b.open(pages + "/sample.html")
    b.wait("return document.documentElement.dataset.ready")
    equal(b.text("h1"), "SIGSEGV: address not mapped (0x10)")
    equal(b.run("return document.body.firstElementChild.querySelector('h1') !== null"), True)
    equal("Thread 1234" in b.text("#crashed h2"), True)
    # the crashed frame's source is open, its line marked
    b.wait("return document.querySelector('#crashed .source .at')")
    equal("return *p < 1 && p;" in b.text("#crashed .source .at"), True)
    b.shot("light")
    equal(b.complaints(), [])


def groups_open_and_show_their_tasks(b, pages):
    b.open(pages + "/sample.html")
    equal(b.count(".group"), 3)
    equal(b.text("#shown"), "4 stacks in 3 groups")
    equal(b.run("return document.querySelector('.group .count').firstChild.data"), "2")
    b.click(".group > button")
    equal(b.count(".group .ids .chip"), 2)
    equal(b.count(".group .frames > li"), 2)
    equal("main.start at ./main.go:20" in b.text(".group .facts"), True)
    b.click(".group .frames button.where", 1)
    equal(b.count(".group .source div"), 5)
    b.shot("open")
    b.click(".group > button")
    equal(b.count(".group .frames > li"), 0)


def search_finds_functions_files_and_ids(b, pages):
    b.open(pages + "/sample.html")
    for text, groups, stacks in (("GOPARK", 2, 3), ("http.c", 1, 1), ("19", 1, 1), ("io wait", 1, 1),
                                 ("shard=3", 1, 2), ("nothing such", 0, 0)):
        b.search(text)
        equal((text, b.count(".group")), (text, groups))
        equal(b.text("#shown").split(" ")[0], str(stacks))
    b.search("worker")
    equal(b.text(".group mark"), "worker")
    b.search("")
    equal(b.count(".group"), 3)


def states_filter(b, pages):
    b.open(pages + "/sample.html")
    chips = b.run("return Array.from(document.querySelectorAll('#chips .chip'), c => c.textContent)")
    equal(chips, ["threads1", "goroutines3", "chan receive2", "running1", "IO wait1"])
    b.click("#chips .chip", 4)
    equal(b.count(".group"), 1)
    b.click("#chips .chip", 2)
    equal(b.count(".group"), 2)
    b.click("#chips .chip", 4)
    b.click("#chips .chip", 2)
    b.click("#chips .chip", 0)
    equal(b.text("#shown"), "1 of 4 stacks in 1 group")


def the_flame_graph_zooms(b, pages):
    b.open(pages + "/sample.html")
    b.click("#tab-flame")
    b.wait("return document.querySelectorAll('.graph button').length > 4")
    before = b.count(".graph button")
    widths = "return Array.from(document.querySelectorAll('.graph button'))" \
        ".filter(n => n.textContent === 'main.worker').map(n => n.clientWidth)[0]"
    narrow = b.run(widths)
    b.run("Array.from(document.querySelectorAll('.graph button'))"
          ".find(n => n.textContent === 'main.worker').click()")
    equal(b.run(widths) > narrow, True)
    equal(b.count(".graph button") < before, True)
    equal(b.count(".path .chip"), 2)
    b.shot("flame")
    b.click(".path .chip")
    equal(b.count(".graph button"), before)


def recursion_is_folded(b, pages):
    b.open(pages + "/recursion.html")
    rows = b.run("return Array.from(document.querySelectorAll('#crashed .frames > li'), n => n.innerText)")
    equal([row.replace("\n", " ") for row in rows],
          ["0 leaf", "1 even", "2 odd", "these 2, 50,000 times in all", "100001 main"])
    b.click("#tab-flame")
    boxes = b.run("return Array.from(document.querySelectorAll('.graph button'), n => n.textContent)")
    equal(boxes, ["all", "main", "(50000 times)", "odd", "even", "leaf"])


def frames_of_the_runtime_are_folded(b, pages):
    b.open(pages + "/runtime.html")
    equal(b.text("h1"), "panic: boom")
    equal(b.text(".signal"), "SIGABRT: raised by the program itself")
    equal(b.text(".message"), "panic: boom\n\tgoroutine 1 was here")
    equal(b.count("#crashed .frames > li"), 3)
    equal(b.text("#crashed .frames .runtime .where"),
          "4 frames of the runtime, from runtime.gopanic to runtime.raise")
    b.click("#crashed .frames .runtime button")
    equal(b.run("return Array.from(document.querySelectorAll('#crashed .frames .func'), n => n.textContent)"),
          ["runtime.raise", "runtime.crash", "runtime.fatalpanic", "runtime.gopanic", "main.f", "main.main"])


def modules_and_notes_are_there(b, pages):
    b.open(pages + "/sample.html")
    b.click("#tab-modules")
    equal(b.run("return getComputedStyle(document.querySelector('#modules')).display !== 'none'"), True)
    equal(b.count("#modules tbody tr"), 2)
    equal("missing" in b.text("#modules"), True)
    b.click(".partial a")
    b.wait("return !document.querySelector('#notes').hidden")
    equal("module-missing" in b.text("#notes"), True)


def it_is_light_and_dark(b, pages):
    b.open(pages + "/sample.html")
    colour = "return getComputedStyle(document.body).backgroundColor"
    light = b.run(colour)
    b.dark(True)
    dark = b.run(colour)
    b.shot("dark")
    b.dark(False)
    brightness = [sum(map(int, re.findall(r"\d+", c)[:3])) for c in (light, dark)]
    equal(brightness[0] > 600 and brightness[1] < 150, True)


def hostile_names_stay_text(b, pages):
    b.open(pages + "/hostile.html")
    b.wait("return document.documentElement.dataset.ready")
    # the only group is open
    equal(b.count(".group .frames > li"), 1)
    for tab in ("flame", "modules", "notes", "stacks"):
        b.click("#tab-" + tab)
        time.sleep(0.1)
    b.search("<img")
    equal(b.count(".group"), 1)
    b.shot("hostile")
    equal(b.run("return window.hacked === undefined"), True)
    equal(b.count("img"), 0)
    equal(b.count("script"), 4)
    equal(b.run("return document.body.innerText.includes('<img src=x onerror=window.hacked=1>')"), True)
    # no control, no invisible and no bidirectional character in what is shown
    equal(b.run("return /[\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f\\u200b-\\u200f\\u2028-\\u202e]/"
                ".test(document.body.innerText)"), False)
    equal(b.complaints(), [])


def the_policy_holds_where_markup_would_get_in(b, pages):
    b.open(pages + "/hostile.html")
    b.run("""
        const script = document.createElement("script");
        script.textContent = "window.hacked = 1";
        document.body.append(script);
        document.body.insertAdjacentHTML("beforeend", "<img src=x onerror='window.hacked = 2'>");
        """)
    time.sleep(0.3)
    equal(b.run("return window.hacked === undefined"), True)
    b.complaints()


def a_hundred_thousand_goroutines_are_usable(b, pages):
    start = time.monotonic()
    b.open(pages + "/many.html")
    b.wait("return document.documentElement.dataset.ready")
    ready = time.monotonic() - start
    ready_ms = b.run("return Math.round(performance.now())")
    b.run("""
        const box = document.getElementById("search");
        box.value = "cache.lookup";
        box.dispatchEvent(new Event("input"));""")
    b.wait("return /^\\d.* of 100,000 stacks/.test(document.getElementById('shown').textContent)")
    b.run("document.getElementById('search').value = '';"
          "document.getElementById('search').dispatchEvent(new Event('input'))")
    b.wait("return /^100,000 stacks/.test(document.getElementById('shown').textContent)")
    start = time.monotonic()
    b.click("#tab-flame")
    b.wait("return document.querySelectorAll('.graph button').length > 20")
    flame = time.monotonic() - start
    b.shot("many-flame")
    b.click("#tab-stacks")
    b.click(".group > button")
    b.wait("return document.querySelectorAll('.group .frames > li').length > 4")
    # only what is looked at is there
    nodes = b.count("*")
    b.shot("many")
    print("# 100,000 goroutines: interactive after %.1f s (%d ms since navigation), flame graph %.1f s, "
          "%d elements" % (ready, ready_ms, flame, nodes))
    assert ready < INTERACTIVE_S and nodes < 20000
    equal(b.complaints(), [])


def the_svg_zooms_and_searches(b, pages):
    b.open(pages + "/flame.svg")
    b.wait("return document.documentElement.getAttribute('data-ready')")
    box = "[...document.querySelectorAll('#boxes g')].find(g => " \
        "g.querySelector('title').textContent.startsWith('main.worker'))"
    width = "return +%s.querySelector('rect').getAttribute('width')" % box
    before = b.run(width)
    b.run("%s.dispatchEvent(new MouseEvent('click', { bubbles: true }))" % box)
    equal(b.run(width) > before, True)
    equal(b.count("#boxes g.gone") > 0, True)
    b.run("document.getElementById('reset').dispatchEvent(new MouseEvent('click'))")
    equal(b.run(width), before)
    b.run("window.prompt = () => 'gopark';"
          "document.getElementById('search').dispatchEvent(new MouseEvent('click'))")
    equal(b.count("#boxes g.found"), 1)
    equal(b.text("#found"), "gopark: 75.0% of the tasks")
    b.shot("svg")
    b.open(pages + "/hostile.svg")
    b.wait("return document.documentElement.getAttribute('data-ready')")
    equal(b.run("return window.hacked === undefined && !document.querySelector('img')"), True)
    equal(b.complaints(), [])


TESTS = [says_first_what_happened, groups_open_and_show_their_tasks, search_finds_functions_files_and_ids,
         states_filter, the_flame_graph_zooms, recursion_is_folded,
         frames_of_the_runtime_are_folded, modules_and_notes_are_there, it_is_light_and_dark,
         hostile_names_stay_text, the_policy_holds_where_markup_would_get_in,
         a_hundred_thousand_goroutines_are_usable, the_svg_zooms_and_searches]


def main():
    for program in ("chromium", "chromedriver"):
        if not shutil.which(program):
            print("SKIP: there is no " + program)
            return 77
    try: # chromedriver speaks to the browser by that name
        socket.getaddrinfo("localhost", None)
    except OSError:
        print("SKIP: localhost has no address here")
        return 77
    pages, failed = os.path.abspath(sys.argv[1]), 0
    profile = tempfile.mkdtemp()
    browser = None
    try:
        browser = Browser(profile)
        for test in TESTS:
            try:
                test(browser, pages)
                print("# fine: " + test.__name__.replace("_", " "))
            except Exception as error:
                failed += 1
                print("# wrong: %s: %s" % (test.__name__.replace("_", " "), error))
    finally:
        if browser:
            browser.close()
        shutil.rmtree(profile, ignore_errors=True)
    return failed > 0


sys.exit(main())
