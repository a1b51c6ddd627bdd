// What istiod tells its Envoys, by its very code and without a cluster: it reads Kubernetes' objects,
// Istio's own and the mesh configuration, and prints what an ingress gateway and a sidecar are sent, as JSON.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"istio.io/istio/pilot/pkg/model"
	"istio.io/istio/pilot/test/xds"
	"istio.io/istio/pkg/config/mesh"
	"istio.io/istio/pkg/log"
	"istio.io/istio/pkg/test"
)

// Set when it is built.
var version = "unknown"

// What one Envoy is sent.
type translation struct {
	Listeners []json.RawMessage `json:"listeners"`
	Clusters  []json.RawMessage `json:"clusters"`
	Routes    []json.RawMessage `json:"routes"`
}

func main() {
	objects := flag.String("objects", "", "file of Kubernetes' objects")
	configs := flag.String("configs", "", "file of Istio's objects")
	meshFile := flag.String("mesh", "", "file of the mesh configuration")
	printVersion := flag.Bool("version", false, "")
	flag.Parse()
	if *printVersion {
		fmt.Println("istio-translate", version)
		return
	}
	// stdout has what was asked for alone.
	talk := log.DefaultOptions()
	talk.OutputPaths = []string{"stderr"}
	if err := log.Configure(talk); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	made := map[string]translation{}
	err := test.Wrap(func(t test.Failer) {
		config, err := mesh.ApplyMeshConfigDefaults(read(t, *meshFile))
		if err != nil {
			t.Fatal(err)
		}
		istiod := xds.NewFakeDiscoveryServer(t, xds.FakeOptions{
			KubernetesObjectString: read(t, *objects),
			ConfigString:           read(t, *configs),
			MeshConfig:             config,
		})
		for name, proxy := range proxies() {
			proxy = istiod.SetupProxy(proxy)
			made[name] = translation{
				Listeners: asJSON(t, istiod.Listeners(proxy)),
				Clusters:  asJSON(t, istiod.Clusters(proxy)),
				Routes:    asJSON(t, istiod.Routes(proxy)),
			}
		}
	})
	if err == nil {
		err = json.NewEncoder(os.Stdout).Encode(made)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// Who asks istiod: the ingress gateway of the example, and the sidecar of the chart's registry.
func proxies() map[string]*model.Proxy {
	return map[string]*model.Proxy{
		"gateway": proxyOf(model.Router, "istio-ingress", "10.1.0.1", map[string]string{"istio": "ingress"}),
		"sidecar": proxyOf(model.SidecarProxy, "registry", "10.1.0.2",
			map[string]string{"app.kubernetes.io/component": "registry"}),
	}
}

func proxyOf(kind model.NodeType, namespace, address string, labels map[string]string) *model.Proxy {
	return &model.Proxy{
		Type:            kind,
		ConfigNamespace: namespace,
		IPAddresses:     []string{address},
		Labels:          labels,
		Metadata:        &model.NodeMetadata{Namespace: namespace, Labels: labels},
	}
}

func read(t test.Failer, file string) string {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func asJSON[M proto.Message](t test.Failer, messages []M) []json.RawMessage {
	list := []json.RawMessage{}
	for _, message := range messages {
		text, err := protojson.Marshal(message)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, text)
	}
	return list
}
