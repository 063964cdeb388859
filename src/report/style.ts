// What all pages look like: light and dark, readable on a phone.

/** The style sheet of a page. */
export const PAGE_STYLE: string = `
:root{color-scheme:light dark;--bg:#fbfbfa;--card:#fff;--ink:#1c1d20;--quiet:#63666d;--line:#e3e3df;--one:#2a6fbb;--two:#c2611c;--three:#2d8a56;--four:#9a4fb5;--five:#b8860b;--six:#c23b5a;--seven:#3a8f9e;--eight:#6b6f7a;--right:#1d7a46;--wrong:#b3333c}
@media(prefers-color-scheme:dark){:root{--bg:#141518;--card:#1c1e22;--ink:#e8e8e6;--quiet:#9a9da5;--line:#33363c;--one:#6aa9ee;--two:#f0975a;--three:#62c98d;--four:#c98be0;--five:#e0b84a;--six:#f0809a;--seven:#6cc6d6;--eight:#a8acb6;--right:#5cc48a;--wrong:#f0808a}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main{max-width:1160px;margin:0 auto;padding:28px 20px 64px}
h1{font-size:24px;line-height:1.25;margin:0 0 14px;overflow-wrap:anywhere}
h2{font-size:17px;margin:36px 0 10px}h3{font-size:14px;margin:18px 0 8px}
.quiet,dt{color:var(--quiet);font-size:13px}
.facts{display:flex;flex-wrap:wrap;gap:8px 28px;margin:0}
.facts dd{margin:0;overflow-wrap:anywhere}
.charts{margin:14px 0;display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,320px),1fr));gap:14px}
figure{margin:0;padding:12px 12px 6px;background:var(--card);border:1px solid var(--line);border-radius:8px}
figcaption{font-weight:600;font-size:14px;min-height:44px}
.keys{display:flex;flex-wrap:wrap;gap:0 12px;font-weight:400;font-size:13px;color:var(--quiet)}
.keys b{color:var(--ink);font-weight:600;font-variant-numeric:tabular-nums}
.key::before{content:"";display:inline-block;width:10px;height:3px;border-radius:2px;margin-right:5px;vertical-align:middle;background:currentColor}
.key.tone1::before{background:var(--one)}.key.tone2::before{background:var(--two)}.key.tone3::before{background:var(--three)}.key.tone4::before{background:var(--four)}.key.tone5::before{background:var(--five)}.key.tone6::before{background:var(--six)}.key.tone7::before{background:var(--seven)}.key.tone8::before{background:var(--eight)}
svg{display:block;width:100%;height:auto;touch-action:pan-y}
.grid{stroke:var(--line);stroke-width:1}.cursor{stroke:var(--quiet);stroke-width:1;stroke-dasharray:3 3}
.tick{fill:var(--quiet);font-size:11px;font-variant-numeric:tabular-nums}
.curve{fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round}
.curve.tone1{stroke:var(--one)}.curve.tone2{stroke:var(--two)}.curve.tone3{stroke:var(--three)}.curve.tone4{stroke:var(--four)}.curve.tone5{stroke:var(--five)}.curve.tone6{stroke:var(--six)}.curve.tone7{stroke:var(--seven)}.curve.tone8{stroke:var(--eight)}
.dot.tone1,.band.tone1{fill:var(--one)}.dot.tone2,.band.tone2{fill:var(--two)}.dot.tone3,.band.tone3{fill:var(--three)}.dot.tone4,.band.tone4{fill:var(--four)}.dot.tone5,.band.tone5{fill:var(--five)}.dot.tone6,.band.tone6{fill:var(--six)}.dot.tone7,.band.tone7{fill:var(--seven)}.dot.tone8,.band.tone8{fill:var(--eight)}
.band{opacity:.14}.faint{opacity:.3;stroke-width:1}
.mark{fill:var(--card);stroke-width:2}.mark.tone1{stroke:var(--one)}.mark.tone2{stroke:var(--two)}.mark.tone3{stroke:var(--three)}.mark.tone4{stroke:var(--four)}.mark.tone5{stroke:var(--five)}.mark.tone6{stroke:var(--six)}.mark.tone7{stroke:var(--seven)}.mark.tone8{stroke:var(--eight)}
.scroll{overflow-x:auto}
.headline{font-size:18px;margin:0 0 4px}
.meanings{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:2px 14px;margin:6px 0}.meanings dd{margin:0;font-size:13px}
ins{text-decoration:none;background:color-mix(in srgb,var(--right) 22%,transparent);border-radius:3px}del{background:color-mix(in srgb,var(--wrong) 22%,transparent);border-radius:3px}
@media(max-width:560px){th,td{padding:5px 7px}.ci{display:block}.meanings{grid-template-columns:minmax(0,1fr)}}
table{border-collapse:collapse;background:var(--card);border:1px solid var(--line);border-radius:8px;min-width:min(100%,420px)}
th,td{padding:5px 12px;text-align:left;border-top:1px solid var(--line);vertical-align:top}
thead th{border-top:0;color:var(--quiet);font-weight:500;font-size:13px}
tr:first-child>*{border-top:0}thead+tbody tr:first-child>*{border-top:1px solid var(--line)}
tbody th,table>tr th{font-weight:500;white-space:nowrap;position:sticky;left:0;background:var(--card)}
.num{font-variant-numeric:tabular-nums;white-space:nowrap}
.ci{color:var(--quiet);font-size:12px}.clear{font-weight:600}
.wide{min-width:180px;width:100%}
.bar{display:inline-block;height:9px;border-radius:2px;margin-right:8px;max-width:80%}.bar.tone1{background:var(--one)}.bar.tone2{background:var(--two)}
details{margin:0 0 10px}summary{cursor:pointer;padding:4px 0}
article{background:var(--card);border:1px solid var(--line);border-radius:8px;padding:12px;margin:8px 0}
.turn{border-left:3px solid var(--line);padding-left:10px;margin-bottom:8px}
.turn.right{border-color:var(--right)}.turn.wrong{border-color:var(--wrong)}
.who{font-size:12px;color:var(--quiet)}.right .who{color:var(--right)}.wrong .who{color:var(--wrong)}
pre{margin:0;white-space:pre-wrap;overflow-wrap:anywhere;font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
article p{margin:0}
`;
