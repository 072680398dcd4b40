import { QueryClientProvider } from '@tanstack/react-query';
import { lazy, Suspense, useState } from 'react';
import { Redirect, Route, Switch } from 'wouter';
import { ErrorBoundary } from './shell/ErrorBoundary';
import { Home, NotFound } from './shell/Home';
import { SessionGate } from './shell/SessionGate';
import { Shell } from './shell/Shell';
import { Tokens } from './pages/tokens/Tokens';
import { makeQueryClient } from './queryClient';

const CreateToken = lazy(() => import('./pages/tokens/CreateToken'));
const TokenDetail = lazy(() => import('./pages/tokens/TokenDetail'));
const Filters = lazy(() => import('./pages/filters/Filters'));
const CreateFilter = lazy(() => import('./pages/filters/CreateFilter'));
const FilterDetail = lazy(() => import('./pages/filters/FilterDetail'));
const Security = lazy(() => import('./pages/security/Security'));
const Audit = lazy(() => import('./pages/audit/Audit'));

export function App() {
  const [client] = useState(makeQueryClient);
  return (
    <QueryClientProvider client={client}>
      <ErrorBoundary>
        <SessionGate>
          <Shell>
            <ErrorBoundary>
              <Suspense fallback={null}>
                <Routes />
              </Suspense>
            </ErrorBoundary>
          </Shell>
        </SessionGate>
      </ErrorBoundary>
    </QueryClientProvider>
  );
}

function Routes() {
  return (
    <Switch>
      <Route path="/" component={Home} />
      <Route path="/tokens" component={Tokens} />
      <Route path="/tokens/new" component={CreateToken} />
      <Route path="/tokens/:id">{({ id }) => <TokenDetail key={id} id={id} />}</Route>
      <Route path="/ip-filters" component={Filters} />
      <Route path="/ip-filters/new" component={CreateFilter} />
      <Route path="/ip-filters/:id">{({ id }) => <FilterDetail key={id} id={id} />}</Route>
      <Route path="/security-policies" component={Security} />
      <Route path="/audit-log" component={Audit} />
      <Route path="/index.html">
        <Redirect to="/" replace />
      </Route>
      <Route component={NotFound} />
    </Switch>
  );
}
