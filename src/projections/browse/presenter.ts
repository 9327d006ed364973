import type { Api } from '../../contract/api.ts'
import type { Middleware } from '../../contract/hooks.ts'
import { type Presentation, presentation } from '../../contract/presentation.ts'
import { preferredView } from './accept.ts'
import { type BrowsePlaces, isAt } from './pages.ts'

/**
 * Shows what an API answers as pages, to browsers: the same reply, found in the same way, with the same status. What makes
 * pages is loaded with the first of them.
 */
export function browsing(api: Api, places: BrowsePlaces): Middleware {
  let made: Promise<Presentation['show']> | undefined
  return presentation({
    wants: (request) => {
      const view = preferredView(request.header('accept'))
      return view !== undefined && (places.isOpen || view === 'admin' || isAt(request.path, places.admin))
    },
    show: async (context, next) => {
      made ??= import('./show.ts').then(({ createShow }) => createShow(api, places))
      return (await made)(context, next)
    },
  })
}
