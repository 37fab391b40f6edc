const [WIDTH, HEIGHT] = [240, 48]
/** Below this the line stays low: one message a second is not a full swing. */
const LEAST_TOP = 10

/** Half a minute of messages a second. The number beside it says the same to those who cannot see it. */
export function Sparkline({ series }: { series: readonly number[] }) {
  const top = Math.max(LEAST_TOP, ...series)
  const points = series.map((value, index) => {
    const x = (index / (series.length - 1)) * WIDTH
    const y = HEIGHT - 1 - (value / top) * (HEIGHT - 4)
    return `${x.toFixed(1)},${y.toFixed(1)}`
  })
  return (
    <svg
      className="sparkline"
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
    >
      <polygon points={`0,${HEIGHT} ${points.join(' ')} ${WIDTH},${HEIGHT}`} />
      <polyline points={points.join(' ')} />
    </svg>
  )
}
