package fleet

import _ "embed"

// Kubernetes is a manifest with which a fleet runs as pods: a Service, an Indexed Job of agents that load, an agent that
// serves, and the run itself.
//
//go:embed kubernetes.yaml
var Kubernetes string
