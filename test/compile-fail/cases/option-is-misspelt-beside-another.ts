import { NotFound, get } from 'trestle'

const onlyAdmins = (): never => {
  throw NotFound()
}

export default get('/secret', { befor: [onlyAdmins], summary: 'For admins' }, () => 'the secret')
