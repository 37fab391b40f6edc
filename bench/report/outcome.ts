import type { BarPlot } from './bar-plot.js'
import type { LinePlot } from './line-plot.js'

export interface Table {
  readonly title?: string
  readonly head: readonly string[]
  readonly rows: readonly (readonly (string | number | null)[])[]
}

export interface Target {
  readonly text: string
  readonly measured: string
  readonly isMet: boolean
}

export type Plot = LinePlot | BarPlot

/** What came of a question: for people in tables and plots, for programs in `figures`. */
export interface Outcome {
  readonly title: string
  readonly setting: string
  readonly targets: readonly Target[]
  readonly tables: readonly Table[]
  readonly plots: readonly Plot[]
  readonly figures: object
}
