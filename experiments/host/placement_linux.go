package host

import (
	"fmt"
	"os"
	"strings"
)

// cores lists the CPUs this process may use, grouped by the physical core they are threads of.
func cores() [][]int {
	var groups [][]int
	index := map[string]int{}
	for cpu := range 1024 {
		if !allowed.IsSet(cpu) {
			continue
		}
		core := fmt.Sprint(cpu)
		if b, err := os.ReadFile(fmt.Sprintf("/sys/devices/system/cpu/cpu%d/topology/thread_siblings_list", cpu)); err == nil {
			core = strings.TrimSpace(string(b))
		}
		i, ok := index[core]
		if !ok {
			i = len(groups)
			index[core] = i
			groups = append(groups, nil)
		}
		groups[i] = append(groups[i], cpu)
	}
	return groups
}
