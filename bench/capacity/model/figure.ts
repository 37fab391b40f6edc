import type { Assumptions, CostName } from '../costs/costs.js'

/** A number of the answer, and what it was made of. */
export interface Figure {
  readonly what: string
  readonly value: number
  readonly unit: string
  /** The costs and the assumptions that it comes from; none: it follows from the product's numbers alone. */
  readonly from: readonly (CostName | keyof Assumptions)[]
}

/** A part of the plant. */
export interface Section {
  readonly title: string
  readonly figures: readonly Figure[]
}
