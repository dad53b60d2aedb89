// The resource for dynamic modules, and modules to register there.
export const PATH = '/rest/atlassian-connect/1/app/module/dynamic';

export const field = (key) => ({
  key,
  type: 'string',
  name: { value: `Feld ${key} für 字` },
  description: { value: 'A field of the tests' },
});

// A map with one field for each key; an empty one for none.
export const fields = (...keys) => (keys.length > 0 ? { jiraIssueFields: keys.map(field) } : {});
