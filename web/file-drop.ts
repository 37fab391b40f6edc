const hasFiles = (event: DragEvent): boolean => event.dataTransfer?.types.includes('Files') === true

/** Takes files that are dropped onto an element; it has the class `is-drop-target` while some are held over it. */
export const takeDrops = (target: HTMLElement, accepts: () => boolean, take: (files: File[]) => void) => {
  // Entering a child comes before leaving its parent, so that the count is 0 only outside.
  let depth = 0
  const enter = (by: number) => {
    depth = Math.max(0, depth + by)
    target.classList.toggle('is-drop-target', depth > 0)
  }
  target.addEventListener('dragenter', (event) => {
    if (hasFiles(event) && accepts()) enter(1)
  })
  target.addEventListener('dragleave', (event) => {
    if (hasFiles(event)) enter(-1)
  })
  target.addEventListener('dragover', (event) => {
    // A browser drops only where this event is taken.
    if (hasFiles(event) && accepts()) event.preventDefault()
  })
  target.addEventListener('drop', (event) => {
    enter(-depth)
    if (!hasFiles(event) || !accepts()) return
    event.preventDefault()
    take([...(event.dataTransfer?.files ?? [])])
  })
}

/** A file dropped beside every target would take the place of the page, and of all that was typed in it. */
export const refuseStrayDrops = () => {
  document.addEventListener('dragover', (event) => {
    if (!hasFiles(event) || event.defaultPrevented || !event.dataTransfer) return
    event.preventDefault()
    event.dataTransfer.dropEffect = 'none'
  })
}
