package listentest

import (
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestExplainPromises: each promise is explained, names a source with a link
// or a file, and only fields that there are.
func TestExplainPromises(t *testing.T) {
	source := regexp.MustCompile(`https://\S+|\w+/\w+\.[ch]\b`)
	for _, p := range Promises() {
		e := explanations[p]
		for _, references := range [][]string{e.from, e.broken} {
			if !source.MatchString(strings.Join(references, "\n")) {
				t.Errorf("%v: %q names no source", p, references)
			}
		}
		if e.judged == "" || e.exempt == "" || e.suspect == "" {
			t.Errorf("%v is not explained: %+v", p, e)
		}
		for _, name := range e.fields {
			if !slices.ContainsFunc(contractFields, func(f contractField) bool { return f.name == name }) {
				t.Errorf("%v reads %q, which is no field", p, name)
			}
		}
		checkText(t, p.String(), p.Explain())
	}
}

// TestExplainFields: every word of every field is explained, and no other;
// every field is read by a promise.
func TestExplainFields(t *testing.T) {
	words := map[string][]string{"admit": admitNames, "credit": creditNames, "order": orderNames, "close": closeNames,
		"must": append([]string{"none"}, countNames...), "may": append([]string{"none"}, countNames...),
		"overflow": append([]string{notStated}, overflowNames...), "anomalies": append([]string{"none"}, anomalyNames...)}
	for _, f := range contractFields {
		text, ok := ExplainField(f.name)
		if !ok || strings.HasSuffix(text, "read it\n\n") {
			t.Errorf("%s: %v\n%s", f.name, ok, text)
		}
		checkText(t, f.name, text)
		var explained []string
		for _, w := range fieldWords[f.name] {
			explained = append(explained, w[0])
		}
		slices.Sort(explained)
		want := slices.Sorted(slices.Values(words[f.name]))
		if !slices.Equal(explained, want) || len(want) == 0 == (len(fieldForms[f.name]) == 0) {
			t.Errorf("%s: the words %q are explained, and there are %q", f.name, explained, want)
		}
	}
	if text, ok := ExplainField("backlogg"); ok {
		t.Errorf("a field that there is none of is explained: %s", text)
	}
}

// checkText finds lines that are too wide, and blanks at their ends.
func checkText(t *testing.T, name, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		if line = strings.TrimSuffix(line, "\n"); len([]rune(line)) > 78 || strings.TrimSpace(line) != line {
			t.Errorf("%s: a line of %d columns: %q", name, len([]rune(line)), line)
		}
	}
	if !strings.HasSuffix(text, "\n") || strings.HasSuffix(text, "\n\n") {
		t.Errorf("%s does not end in one line end: %q", name, text)
	}
}
