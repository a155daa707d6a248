// Package kubernetes checks the manifest that `socketbench fleet kubernetes` prints against the types of the Kubernetes API.
package kubernetes

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"testing"

	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/yaml"
)

// Every document is of a known kind, and has no field that this kind has not, none twice, and none of another type.
func TestManifest(t *testing.T) {
	text, err := os.ReadFile("../../experiments/fleet/kubernetes.yaml")
	if err != nil {
		t.Fatal(err)
	}
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{core.AddToScheme, batch.AddToScheme} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	strict := serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDeserializer()
	kinds := map[schema.GroupVersionKind]int{}
	for documents := yaml.NewYAMLReader(bufio.NewReader(bytes.NewReader(text))); ; {
		document, err := documents.Read()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		object, kind, err := strict.Decode(document, nil, nil)
		if err != nil {
			t.Fatal(err)
		}
		kinds[*kind]++
		if job, is := object.(*batch.Job); is {
			check(t, job)
		}
	}
	if n := kinds[batch.SchemeGroupVersion.WithKind("Job")]; n != 3 {
		t.Errorf("%d jobs", n)
	}
	if n := kinds[core.SchemeGroupVersion.WithKind("Service")]; n != 1 {
		t.Errorf("%d services", n)
	}
}

// check holds a job to what the types do not say.
func check(t *testing.T, job *batch.Job) {
	pod := job.Spec.Template.Spec
	if pod.RestartPolicy != core.RestartPolicyNever {
		t.Errorf("%s: the pod of a job is restarted %s", job.Name, pod.RestartPolicy)
	}
	volumes := map[string]bool{}
	for _, v := range pod.Volumes {
		volumes[v.Name] = true
		if v.Secret != nil && *v.Secret.DefaultMode != 0o400 {
			t.Errorf("%s: others may read the secret %s", job.Name, v.Secret.SecretName)
		}
	}
	for _, c := range pod.Containers {
		for _, m := range c.VolumeMounts {
			if !volumes[m.Name] {
				t.Errorf("%s: there is no volume %s", job.Name, m.Name)
			}
		}
		for name, limit := range c.Resources.Limits {
			if limit.Cmp(c.Resources.Requests[name]) != 0 {
				t.Errorf("%s: %s is not requested as it is limited", job.Name, name)
			}
		}
	}
	if job.Spec.CompletionMode != nil && (*job.Spec.CompletionMode != batch.IndexedCompletion || *job.Spec.Completions != *job.Spec.Parallelism) {
		t.Errorf("%s: not all of its agents run at the same time", job.Name)
	}
}
