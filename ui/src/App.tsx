import { QueryClientProvider } from '@tanstack/react-query';
import { lazy, Suspense, useEffect, useState } from 'react';
import { Redirect, Route, Router, Switch, useLocation } from 'wouter';
import { ErrorBoundary } from './shell/ErrorBoundary';
import { Home, NotFound } from './shell/Home';
import { SessionGate } from './shell/SessionGate';
import { Shell } from './shell/Shell';
import { Tokens } from './pages/tokens/Tokens';
import { home } from './lib/home';
import { makeQueryClient } from './queryClient';

// Each page comes when it is first needed, and all of them once the browser has nothing better to
// do: moving on is instant then, also while the server is away.
const pages = {
  createToken: () => import('./pages/tokens/CreateToken'),
  tokenDetail: () => import('./pages/tokens/TokenDetail'),
  filters: () => import('./pages/filters/Filters'),
  createFilter: () => import('./pages/filters/CreateFilter'),
  filterDetail: () => import('./pages/filters/FilterDetail'),
  security: () => import('./pages/security/Security'),
  audit: () => import('./pages/audit/Audit'),
};

const CreateToken = lazy(pages.createToken);
const TokenDetail = lazy(pages.tokenDetail);
const Filters = lazy(pages.filters);
const CreateFilter = lazy(pages.createFilter);
const FilterDetail = lazy(pages.filterDetail);
const Security = lazy(pages.security);
const Audit = lazy(pages.audit);

function usePagesBeforehand(): void {
  useEffect(() => {
    const timer = setTimeout(() => {
      // One that does not come now comes when it is needed.
      for (const load of Object.values(pages)) load().catch(() => undefined);
    }, 800);
    return () => clearTimeout(timer);
  }, []);
}

export function App() {
  const [client] = useState(makeQueryClient);
  return (
    <QueryClientProvider client={client}>
      <Router base={home}>
        <ErrorBoundary>
          <SessionGate>
            <Shell>
              <Routes />
            </Shell>
          </SessionGate>
        </ErrorBoundary>
      </Router>
    </QueryClientProvider>
  );
}

function Routes() {
  usePagesBeforehand();
  const [path] = useLocation();
  return (
    // A page that broke must not take the next one with it.
    <ErrorBoundary key={path}>
      <Suspense fallback={null}>
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
      </Suspense>
    </ErrorBoundary>
  );
}
