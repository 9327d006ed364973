import { compile } from 'zod'
import * as schemas from './schemas.ts'

/** The schemas as whoever calls zod by hand runs them fastest: compiled. Trestle compiles those it is given. */
export const HelloParams = compile(schemas.HelloParams)
export const Hello = compile(schemas.Hello)
export const UserParams = compile(schemas.UserParamsText)
export const OrderFilter = compile(schemas.OrderFilterText)
export const OrderList = compile(schemas.OrderList)
export const OrderIn = compile(schemas.OrderIn)
export const Order = compile(schemas.Order)
