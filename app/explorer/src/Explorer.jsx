import { useMemo, useState } from "react";
import { GraphiQL } from "graphiql";
import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { createClient } from "graphql-ws";

const STORED_KEY = "plangate:key";

const FIRST_DOCUMENT = `# The key above decides which environment
# you see; Ctrl-Enter runs the query.

query FirstLook {
  plans(paging: { first: 10 }) {
    edges {
      node {
        refId
        displayName
        pricingType
      }
    }
  }
}
`;

/**
 * GraphiQL with a field for the X-API-KEY that goes with every request and socket.
 *
 * A key that was typed wins over the prefilled one and is kept in this browser; an emptied field
 * brings the prefilled one back.
 */
export function Explorer({ prefilledKey }) {
  const [key, setKey] = useState(() => localStorage.getItem(STORED_KEY) || prefilledKey);

  function adopt(typed) {
    const next = typed.trim() || prefilledKey;
    if (next === prefilledKey) localStorage.removeItem(STORED_KEY);
    else localStorage.setItem(STORED_KEY, next);
    setKey(next);
  }

  const fetcher = useMemo(() => fetcherFor(key), [key]);
  return (
    <>
      <form
        className="plangate-key"
        onSubmit={(event) => {
          event.preventDefault();
          adopt(event.currentTarget.elements.key.value);
        }}
      >
        <strong>plangate</strong>
        <label htmlFor="plangate-key">X-API-KEY</label>
        <input
          id="plangate-key"
          name="key"
          key={key}
          defaultValue={key}
          placeholder="server-… or client-…"
          autoComplete="off"
          spellCheck={false}
          onBlur={(event) => adopt(event.currentTarget.value)}
        />
      </form>
      {/* Another key is another environment: the schema is read anew. */}
      <GraphiQL key={key} fetcher={fetcher} defaultQuery={FIRST_DOCUMENT} />
    </>
  );
}

function fetcherFor(key) {
  const headers = { "X-API-KEY": key };
  const address = new URL("/graphql", window.location.href);
  const socketAddress = new URL(address);
  socketAddress.protocol = address.protocol === "https:" ? "wss:" : "ws:";
  return createGraphiQLFetcher({
    url: address.href,
    headers,
    wsClient: createClient({ url: socketAddress.href, connectionParams: headers, lazy: true }),
  });
}
