// Reads tap's output line by line and says what a person wants to know: one line a file, and every assertion
// that failed, with its place and its difference. tap's own reporters redraw the screen, which in a log of CI
// or a pipe gives hundreds of copies of the same lines.

// At depth n (four spaces each): "# Subtest: name", its lines one deeper, then "ok 1 - name # time=1ms".
const linePattern = /^(?<indent>(?: {4})*)(?<text>.*)$/
const subtestPattern = /^# Subtest: (?<name>.*)$/
const resultPattern = /^(?<not>not )?ok \d+(?: - (?<name>.*?))?(?: # (?<directive>(?:SKIP|TODO|time=).*))?$/
const totalsPattern = /^# \{ total: .* \}$/
const noisePattern = /^(TAP version \d+|\d+\.\.\d+( # .*)?|# time=.*|# No coverage generated)?$/
// The excerpt of the source is long and "at" says the same; the rest tells how tap started the file.
const unwantedKeys = ['source', 'stdio', 'args', 'command', 'externalID', 'cwd', 'jobId']

export function createReport(print) {
  const report = { counts: { passed: 0, failed: 0, skipped: 0 }, failures: [], line }
  // Names of the subtests that are open, by depth.
  const open = []
  let failuresOfFile = 0
  // Whether the last result was told as a failure: then the YAML block that follows it is shown.
  let told = false
  let diagnostic = null

  function line(raw) {
    if (diagnostic) return diagnosticLine(raw)
    const { indent, text } = raw.match(linePattern).groups
    const depth = indent.length / 4
    const subtest = text.match(subtestPattern)?.groups
    const result = text.match(resultPattern)?.groups
    if (subtest) open[depth] = subtest.name
    else if (result) resultLine(depth, result)
    else if (text === '  ---') diagnostic = { indent, wanted: told }
    else if (depth === 0 && totalsPattern.test(text)) count(text)
    else if (!noisePattern.test(text.trim())) print(`      ${text}`)
  }

  function resultLine(depth, { not, name = '', directive = '' }) {
    const failed = not !== undefined && !/^(SKIP|TODO)/.test(directive)
    // A group fails because something in it did, which has been told then; a file can also fail by itself.
    const isGroup = open[depth] !== undefined
    open.length = depth
    told = failed && (!isGroup || (depth === 0 && failuresOfFile === 0))
    if (told) report.failures.push([...open, name].join(' > ').replaceAll('\\#', '#'))
    if (depth === 0) fileLine(name, failed, directive)
    else if (told) failureLine()
  }

  function failureLine() {
    failuresOfFile += 1
    print(`  ✖ ${report.failures.at(-1)}`)
  }

  function fileLine(name, failed, directive) {
    failuresOfFile = 0
    const word = failed ? 'FAIL' : directive.startsWith('SKIP') ? 'skip' : 'ok'
    print(`${word.padEnd(4)}  ${name}  ${duration(directive)}`.trimEnd())
  }

  function diagnosticLine(raw) {
    if (raw === `${diagnostic.indent}  ...`) {
      diagnostic = null
      return
    }
    const text = raw.slice(diagnostic.indent.length + 2)
    const key = text.match(/^(\w+):/)?.[1]
    if (key) diagnostic.wanted = told && !unwantedKeys.includes(key)
    if (diagnostic.wanted) print(`      ${text}`)
  }

  function count(text) {
    const of = (key) => Number(text.match(new RegExp(`\\b${key}: (\\d+)`))?.[1] ?? 0)
    report.counts = { passed: of('pass'), failed: of('fail'), skipped: of('skip') + of('todo') }
  }

  return report
}

function duration(directive) {
  const milliseconds = directive.match(/^time=([\d.]+)ms/)?.[1]
  return milliseconds ? `${(Number(milliseconds) / 1000).toFixed(1)} s` : directive
}
