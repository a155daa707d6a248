package spec

import (
	"reflect"
	"time"
)

// unlisted finds struct fields with a yaml name that the table of fields does not have. What servers can be told has
// a table of its own, and a test there.
func unlisted() (missing []string) {
	var walk func(prefix string, typ reflect.Type)
	walk = func(prefix string, typ reflect.Type) {
		for i := range typ.NumField() {
			f := typ.Field(i)
			name := f.Tag.Get("yaml")
			switch {
			case name == "" || name == "-":
			case f.Type.Kind() == reflect.Struct && f.Type != reflect.TypeFor[time.Time]():
				walk(prefix+name+".", f.Type)
			case prefix == "" && (f.Type.Kind() == reflect.Slice || f.Type.Kind() == reflect.Map):
			default:
				if _, ok := fieldByPath(prefix + name); !ok {
					missing = append(missing, prefix+name)
				}
			}
		}
	}
	walk("", reflect.TypeFor[Experiment]())
	return missing
}
