"""How the report of a level test looks: dark, with the game's neon colours."""

from typing import Final

STYLE: Final = """
:root{color-scheme:dark}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1180px;padding:20px;background:#05060f;color:#e2eaff;
 font:15px/1.5 system-ui,"Noto Sans SC","PingFang SC","Microsoft YaHei",sans-serif}
header{font-size:18px;color:#26deff}
a{color:#7fd8ff}
.dim{color:#8a96be;font-size:13px;margin:.2em 0}
section{border:1px solid #26346a;border-radius:10px;background:#080b1a;padding:20px 24px;margin:22px 0}
h1{margin:0;font-size:30px;overflow-wrap:anywhere}
h2{font-size:17px;margin:22px 0 8px;color:#9fb4ff}
.verdict{font-size:23px;line-height:1.35;font-weight:650;border-radius:8px;padding:14px 18px;margin:16px 0;border:2px solid}
.verdict.error{background:#3a0717;border-color:#ff2668;color:#ffd3df}
.verdict.warning{background:#33260a;border-color:#ffc23c;color:#ffe9bb}
.verdict.fine{background:#062a1b;border-color:#35e08c;color:#cdfbe2}
.see{font-size:12px;font-weight:400;white-space:nowrap;margin-left:6px}
.two{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,1fr);gap:0 28px}
@media(max-width:820px){.two{grid-template-columns:minmax(0,1fr)}}
.map{display:block;width:100%;height:auto;background-size:100% 100%;border-radius:6px}
.map text{font-size:.86px;font-weight:700;text-anchor:middle;fill:#05060f}
path.at{fill-opacity:.34;stroke-width:.07}
circle.at{stroke-width:0}
path.at.error,circle.at.error{fill:#ff2668;stroke:#ff2668}
path.at.warning,circle.at.warning{fill:#ffc23c;stroke:#ffc23c}
path.at.note,circle.at.note{fill:#7f9bff;stroke:#7f9bff}
.shade{fill:#04060f;fill-opacity:.66}
image{image-rendering:pixelated}
.findings{padding-left:24px;margin:0}
.findings li{margin:5px 0}
.findings b{font-size:12px;text-transform:uppercase;border-radius:4px;padding:1px 6px;margin-right:4px;color:#05060f}
li.error b{background:#ff2668}li.warning b{background:#ffc23c}li.note b{background:#7f9bff}li.fine b{background:#35e08c}
td.error{color:#ff7da3}td.warning,tr.warning td{color:#ffd67a}td.fine{color:#7df0b6}
ul{padding-left:20px;margin:0}
table{border-collapse:collapse;width:100%;font-size:14px}
th::first-letter{text-transform:uppercase}
th{text-align:left;font-weight:500;color:#8a96be;padding:3px 10px 3px 0}
td{padding:3px 10px 3px 0;border-top:1px solid #18224a;vertical-align:top}
tr.share td:not(:first-child){white-space:nowrap;width:1%}
tr.all td{font-weight:700}tr.kind td{color:#9fb4ff}
tr.share .bar{width:130px}
.bar{width:150px;height:12px;background:#101737;border-radius:3px;vertical-align:middle;margin-right:8px}
.mark{stroke:#3a4a8c;stroke-width:.7;fill:none}
.range{fill:#2a6fb0}.rate{fill:#26deff}
.lengths{width:100%}
.lengths text{font-size:6px;fill:#8a96be}.lengths .end{text-anchor:end}
rect.won{fill:#26deff}.key{display:inline-block;width:10px;height:10px;border-radius:2px;margin:0 5px 0 10px}
.key.won{background:#26deff}.key.other{background:#4a568c}rect.other{fill:#4a568c}
.maps{display:grid;grid-template-columns:repeat(auto-fill,minmax(320px,1fr));gap:16px}
figure{margin:0}
figcaption{font-size:13px;color:#b9c6f2;margin-top:4px}
code{font-size:12px;overflow-wrap:anywhere;color:#cfe3ff}
tr:target td{background:#13204a}
"""
