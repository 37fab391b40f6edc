import type { Call } from './cpu-profile.js'
import type { Origin } from './frames.js'

const ROW = 18
/** Per mille of the whole: what is narrower is not drawn. */
const NARROWEST = 0.0005
const COLOURS: Readonly<Record<Origin, string>> = {
  own: '#fdba74',
  package: '#93c5fd',
  node: '#86efac',
  native: '#d4d4d8',
  idle: '#ffffff',
}
const NAMES: Readonly<Record<Exclude<Origin, 'idle'>, string>> = {
  own: 'Parley',
  package: 'packages',
  node: 'Node.js',
  native: 'V8, the kernel, native code',
}

const STYLE = `
body { font: 15px/1.5 system-ui, sans-serif; color: #1c2430; margin: 1rem }
#graph { position: relative; overflow: hidden } #graph div { position: absolute; height: ${ROW - 1}px; overflow: hidden; white-space: nowrap; font: 11px/17px system-ui, sans-serif; padding-left: 2px; box-sizing: border-box; border-right: 1px solid #fff; cursor: pointer }
.found { outline: 2px solid #dc2626; outline-offset: -2px } .key { padding: 1px 6px; margin-right: 8px }`

// A click on a bar makes it as wide as the page; the topmost bar is the way back.
const SCRIPT = `
const bars = [...document.querySelectorAll('#graph div')]
const place = (from, width) => {
  for (const bar of bars) {
    const x = (bar.dataset.x - from) / width, w = bar.dataset.w / width
    bar.style.display = x + w <= 1e-9 || x >= 1 - 1e-9 ? 'none' : ''
    bar.style.left = Math.max(0, x) * 100 + '%'
    bar.style.width = (Math.min(1, x + w) - Math.max(0, x)) * 100 + '%'
  }
}
for (const bar of bars) bar.onclick = () => place(Number(bar.dataset.x), Number(bar.dataset.w))
document.querySelector('input').oninput = ({ target }) => {
  for (const bar of bars) bar.classList.toggle('found', target.value !== '' && bar.title.includes(target.value))
}
place(0, 1)`

/** A page that needs nothing beside itself: callers above, the called below, as wide as they took. */
export function toFlameGraph(title: string, root: Call): string {
  const bars: string[] = []
  let deepest = 0

  function draw(call: Call, x: number, depth: number): void {
    const share = call.total / root.total
    if (share < NARROWEST) return
    deepest = Math.max(deepest, depth)
    const { name, where, origin } = call.place
    const spent = `${(call.total / 1000).toFixed(1)} ms, ${(share * 100).toFixed(1)} %; itself ${(call.self / 1000).toFixed(1)} ms`
    bars.push(
      `<div data-x="${x.toFixed(6)}" data-w="${share.toFixed(6)}" style="top:${depth * ROW}px;background:${COLOURS[origin]}" title="${text(`${name} ${where}\n${spent}`)}">${text(name)}</div>`,
    )
    let left = x
    for (const below of [...call.calls.values()].sort((one, other) => other.total - one.total)) {
      draw(below, left, depth + 1)
      left += below.total / root.total
    }
  }

  draw(root, 0, 0)
  const keys = Object.entries(NAMES).map(([origin, name]) => ({ origin, name }))
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${text(title)}</title><style>${STYLE}</style></head><body>
<p>${text(title)}. A bar is a function, as wide as the time that it took with all it called below it. Click to widen. <input placeholder="find"></p>
<p>${keys.map(({ origin, name }) => `<span class="key" style="background:${colourOf(origin)}">${name}</span>`).join('')}</p>
<div id="graph" style="height:${(deepest + 1) * ROW}px">
${bars.join('\n')}
</div>
<script>${SCRIPT}</script></body></html>
`
}

function colourOf(name: string): string {
  return Object.entries(COLOURS).find(([origin]) => origin === name)?.[1] ?? ''
}

function text(given: string): string {
  return given.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;')
}
