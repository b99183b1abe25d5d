#!/usr/bin/env python3
"""Opens a map's page in a headless Chromium and uses it as a reader would.

    map_browser.py PAGE WORD     WORD is on the map, and has neighbours

tests/map.sh makes the page and calls this. Closes with: N passed, N failed.
"""

import json
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
         "--disable-background-networking", "--disable-component-update", "--disable-sync",
         "--disable-dev-shm-usage"]
# The colour of a point of the canvas, in CSS pixels; from a copy, since Chromium
# warns of canvases that are read again and again.
PIXEL = """const from = document.getElementById('map'), r = devicePixelRatio;
    const to = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
    to.drawImage(from, -arguments[0] * r, -arguments[1] * r);
    return [...to.getImageData(0, 0, 1, 1).data];"""


class Browser:
    """A session of chromedriver, which speaks JSON over HTTP on this machine."""

    def __init__(self, folder, width, height):
        self.driver = subprocess.Popen(["chromedriver", "--port=0"], text=True,
                                       stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        self.session = None
        try:
            self.begin(folder, width, height)
        except BaseException:
            self.close()
            raise

    def begin(self, folder, width, height):
        port = None
        for line in self.driver.stdout:
            port = re.search(r"successfully on port (\d+)", line)
            if port:
                break
        if not port:
            raise RuntimeError("chromedriver did not start")
        self.base = f"http://127.0.0.1:{port.group(1)}"
        args = FLAGS + [f"--user-data-dir={folder}", f"--window-size={width},{height}"]
        made = self.call("POST", "/session", {"capabilities": {"alwaysMatch": {
            "goog:chromeOptions": {"args": args}, "goog:loggingPrefs": {"browser": "ALL"}}}})
        self.session = f"/session/{made['sessionId']}"

    def call(self, method, path, body=None):
        request = urllib.request.Request(self.base + path, method=method,
                                         data=None if body is None else json.dumps(body).encode(),
                                         headers={"Content-Type": "application/json"})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(f"{path}: {error.read().decode()}") from error

    def post(self, path, **body):
        return self.call("POST", self.session + path, body)

    def run(self, script, *args):
        return self.post("/execute/sync", script=script, args=list(args))

    def wait(self, script, *args):
        """What the script returns as soon as that is true, at the latest after 10 seconds."""
        end = time.monotonic() + 10
        while True:
            value = self.run(script, *args)
            if value or time.monotonic() > end:
                return value
            time.sleep(0.05)

    def find(self, css):
        return self.post("/element", using="css selector", value=css)[ELEMENT]

    def type(self, css, text):
        self.post(f"/element/{self.find(css)}/value", text=text)

    def click(self, css):
        self.post(f"/element/{self.find(css)}/click")

    def click_at(self, x, y):
        self.post("/actions", actions=[{
            "type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"}, "actions": [
                {"type": "pointerMove", "duration": 0, "x": round(x), "y": round(y)},
                {"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}]}])

    def pinch(self, x, y):
        self.post("/actions", actions=[{
            "type": "pointer", "id": f"finger{side}", "parameters": {"pointerType": "touch"},
            "actions": [
                {"type": "pointerMove", "duration": 0, "x": x + 20 * side, "y": y},
                {"type": "pointerDown", "button": 0},
                {"type": "pointerMove", "duration": 100, "x": x + 120 * side, "y": y},
                {"type": "pointerUp", "button": 0}]} for side in (-1, 1)])

    def turn_wheel(self, x, y, by):
        self.post("/actions", actions=[{"type": "wheel", "id": "wheel", "actions": [
            {"type": "scroll", "x": x, "y": y, "deltaX": 0, "deltaY": by, "duration": 0}]}])

    def text(self, css):
        return self.run("return document.querySelector(arguments[0]).textContent", css)

    def log(self):
        return [entry["message"] for entry in self.post("/se/log", type="browser")]

    def close(self):
        if self.session:
            self.call("DELETE", self.session)
        self.driver.terminate()
        self.driver.wait()


class Tally:
    def __init__(self):
        self.passed = self.failed = 0

    def check(self, name, good, *seen):
        self.passed += bool(good)
        self.failed += not good
        if not good:
            print("failed:", name, *seen)


def use(browser, tally, page, word):
    check = tally.check
    data = json.loads(re.search(r"id='data'>(.*?)</script>", page.read_text(), re.S).group(1))
    row = data["words"].index(word)
    nearest = [data["words"][i] for i in data["near"][row][::2]]
    names = "return [...document.querySelectorAll('#near b')].map(b => b.textContent)"

    browser.post("/url", url=page.as_uri())
    check("the page is titled", browser.text("#title") == data["title"], browser.text("#title"))
    check("the map is drawn",
          browser.wait("const s = new Set(), c = document.getElementById('map');"
                       "const copy = document.createElement('canvas').getContext('2d');"
                       "copy.canvas.width = c.width; copy.canvas.height = c.height;"
                       "copy.drawImage(c, 0, 0);"
                       "const p = copy.getImageData(0, 0, c.width, c.height).data;"
                       "for (let i = 0; i < p.length; i += 4) s.add(p[i] + '/' + p[i + 1]);"
                       "return s.size > 10;"))
    check("nothing is picked at first", not browser.run(
        "return document.getElementById('word').checkVisibility()"))

    browser.type("#find", word[:-1])
    offers = browser.run("return [...document.querySelectorAll('#list li')]"
                         ".map(li => li.textContent)")
    check("search completes", word in offers, offers)
    browser.type("#find", word[-1] + "\ue007")
    check("search picks the word", browser.text("#name") == word, browser.text("#name"))
    check("its nearest words are listed", browser.run(names) == nearest, browser.run(names))

    # It has come to the middle of what is free: a click there is a click on it.
    browser.click("#close")
    check("the list closes", not browser.run(
        "return document.getElementById('word').checkVisibility()"))
    browser.run("location.hash = arguments[0]", "#" + word)
    place = browser.wait("return document.getElementById('word').checkVisibility()"
                         " && [(310 + innerWidth - 60) / 2, innerHeight / 2];")
    check("an address with the word picks it", place and browser.text("#name") == word)
    time.sleep(1)  # the flight there takes half of that
    browser.click("#close")
    browser.click_at(*place)
    check("a click on the map picks the word there", browser.text("#name") == word,
          browser.text("#name"))
    check("a click lists its nearest words", browser.run(names) == nearest, browser.run(names))
    browser.click("#near li:first-child button")
    check("a click on a neighbour goes there", browser.text("#name") == nearest[0])

    browser.type("#find", "qqqqqq")
    check("an unknown word is said to be so", browser.run(
        "return document.getElementById('none').checkVisibility()"))
    browser.type("#find", "\ue00c")

    light = browser.run(PIXEL, 3, 3)
    browser.click("#theme")
    dark = browser.wait(PIXEL.replace("return", "const p =") + "return p[0] < 100 && p;", 3, 3)
    check("dark colours", sum(light[:3]) > 500 and dark, light, dark)
    browser.click("#theme")

    drawn = "return document.getElementById('map').toDataURL()"
    browser.click("#all")
    time.sleep(1)
    before = browser.run(drawn)
    zooms = {"a button": lambda: browser.click("#in"),
             "a key": lambda: browser.type("#map", "+"),
             "two fingers": lambda: browser.pinch(800, 400),
             "the wheel": lambda: browser.turn_wheel(800, 400, -200)}
    for name, zoom in zooms.items():
        zoom()
        check(f"{name} zooms", browser.wait(drawn + " !== arguments[0]", before))
        browser.click("#all")
        time.sleep(1)
        check(f"the map is shown whole again after {name}", browser.run(drawn) == before)
    check("every control has a name", browser.run(
        "return [...document.querySelectorAll('button, input, canvas')].every(e =>"
        " e.getAttribute('aria-label') || e.textContent.trim() || (e.labels && e.labels.length))"))
    check("no word is markup", browser.run(
        "return !document.querySelector('#near b *, #name *, #list li *') && !window.broken"))
    loaded = browser.run("return performance.getEntriesByType('resource').map(e => e.name)")
    check("nothing is loaded", loaded in ([], ["data:,"]), loaded)
    log = browser.log()
    check("the console is silent", log == [], log)


def main():
    page, word = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2]
    tally = Tally()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        browser = Browser(folder, 1280, 800)
        try:
            use(browser, tally, page, word)
        finally:
            browser.close()
    print(f"{tally.passed} passed, {tally.failed} failed")
    sys.exit(tally.failed > 0)


if __name__ == "__main__":
    main()
