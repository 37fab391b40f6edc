import { type DragEvent, useState } from 'react'

/** Takes files that are dropped onto an element; `isOver` while some are held over it. */
export function useFileDrop(take: ((files: readonly File[]) => void) | undefined) {
  // Entering a child comes before leaving its parent, so that the count is 0 only outside.
  const [depth, setDepth] = useState(0)
  const isTaken = (event: DragEvent) => take !== undefined && event.dataTransfer.types.includes('Files')

  return {
    isOver: depth > 0 && take !== undefined,
    dropProps: {
      onDragEnter: (event: DragEvent) => isTaken(event) && setDepth((depth) => depth + 1),
      onDragLeave: (event: DragEvent) => isTaken(event) && setDepth((depth) => Math.max(0, depth - 1)),
      onDragOver(event: DragEvent) {
        // A browser drops only where this event is taken.
        if (isTaken(event)) event.preventDefault()
      },
      onDrop(event: DragEvent) {
        setDepth(0)
        if (!isTaken(event)) return
        event.preventDefault()
        take?.([...event.dataTransfer.files])
      },
    },
  }
}
