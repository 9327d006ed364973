import { depends } from 'trestle'

/** Who is calling says so in a header field: how they prove it is no matter of resources. */
export const caller = depends({}, ({ request }) => request.header('x-caller') ?? 'nobody')
