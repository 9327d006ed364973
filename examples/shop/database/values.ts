/** What columns with a fixed set of values can hold, in both databases and on the wire. */
export const categories = ['coffee', 'tea', 'equipment'] as const
export const currencies = ['EUR', 'USD'] as const
export const statuses = ['open', 'paid', 'cancelled'] as const
export const roles = ['manager', 'clerk'] as const
