// What the states are reached with.

export const button = (page, name) => page.getByRole('button', { name });
export const dialog = (page) => page.locator('[role=dialog], [role=alertdialog]');
export const listed = (page) => page.locator('table[aria-busy=false] tbody a').first().waitFor();
export const headed = (name) => (page) => page.getByRole('heading', { level: 1, name }).waitFor();
export const says = (text) => (page) => page.getByText(text).first().waitFor();

export async function chooseAll(page) {
  await listed(page);
  await page.getByRole('checkbox', { name: 'All tokens on this page' }).check();
}

/** Whether a request asks for what has this name. */
export const asks = (name) => (request) => new RegExp(`(query|mutation) ${name}\\b`).test(request.postData() ?? '');

/** Has the server answer a query differently from what it said, or to other variables. */
export const rewrite = (query, change, variables = {}) => (page) =>
  page.route('**/graphql', async (route) => {
    if (!asks(query)(route.request())) return route.fallback();
    const asked = route.request().postDataJSON();
    const response = await route.fetch({ postData: { ...asked, variables: { ...asked.variables, ...variables } } });
    const answer = await response.json();
    change(answer.data);
    return route.fulfill({ response, json: answer });
  });

/** Has the server refuse what is asked by this name. */
export const refuse = (name, message, extensions) => (page) =>
  page.route('**/graphql', (route) => (asks(name)(route.request()) ? route.fulfill({ json: { data: null, errors: [{ message, extensions }] } }) : route.fallback()));

/** Lets requests that fit wait until the page is left. */
export const hold = (fits) => (page) => page.route('**/graphql', (route) => (fits(route.request()) ? undefined : route.fallback()));
