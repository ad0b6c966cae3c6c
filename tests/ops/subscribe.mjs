// Subscribes with the Node package graphql-ws, as the official clients do, and prints what comes.
// usage: node --experimental-websocket subscribe.mjs <path of graphql-ws> <ws url> <key> <query>
const [modulePath, url, key, query] = process.argv.slice(2);
const { createClient } = await import(modulePath);
const client = createClient({
  url,
  connectionParams: { headers: { 'x-api-key': key } },
  on: { connected: () => console.log('connected') },
});
client.subscribe(
  { query },
  {
    next: (result) => console.log(JSON.stringify(result)),
    error: (error) => console.log('error ' + JSON.stringify(error)),
    complete: () => process.exit(0),
  },
);
