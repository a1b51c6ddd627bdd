// What a kubelet does of itself between a pod and PullImage, by its very code: it reads the
// CredentialProviderConfig, asks the API server for a token of the pod's ServiceAccount, runs the
// provider and looks up what it gave. Prints one JSON line for each image; the kubelet's log is on stderr.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/kubernetes/pkg/credentialprovider/plugin"
	"k8s.io/kubernetes/pkg/kubelet/token"
	"k8s.io/kubernetes/pkg/util/parsers"
)

// Set when it is built.
var version = "unknown"

type credential struct {
	Username string `json:"username"`
	Password string `json:"password"`
}

func main() {
	kubeconfig := flag.String("kubeconfig", "", "how the node is known to the API server")
	config := flag.String("image-credential-provider-config", "", "as the kubelet has it")
	folder := flag.String("image-credential-provider-bin-dir", "", "as the kubelet has it")
	namespace := flag.String("namespace", "", "of the pod")
	name := flag.String("pod", "", "whose images they are")
	printVersion := flag.Bool("version", false, "")
	flag.Parse()
	if *printVersion {
		fmt.Println("kubelet-credentials", version)
		return
	}
	if err := lookUp(*kubeconfig, *config, *folder, *namespace, *name, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func lookUp(kubeconfig, config, folder, namespace, name string, images []string) error {
	rest, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(rest)
	if err != nil {
		return err
	}
	ctx := context.Background()
	tokens := token.NewManager(client)
	account := func(namespace, name string) (*corev1.ServiceAccount, error) {
		return client.CoreV1().ServiceAccounts(namespace).Get(ctx, name, metav1.GetOptions{})
	}
	err = plugin.RegisterCredentialProviderPlugins(config, folder, tokens.GetServiceAccountToken, account)
	if err != nil {
		return err
	}
	pod, err := client.CoreV1().Pods(namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	lines := json.NewEncoder(os.Stdout)
	for _, image := range images {
		repository, _, _, err := parsers.ParseImageName(image)
		if err != nil {
			return err
		}
		keyring := plugin.NewExternalCredentialProviderDockerKeyring(
			pod.Namespace, pod.Name, string(pod.UID), pod.Spec.ServiceAccountName)
		found, _ := keyring.Lookup(repository)
		credentials := []credential{}
		for _, one := range found {
			credentials = append(credentials, credential{one.Username, one.Password})
		}
		if err := lines.Encode(credentials); err != nil {
			return err
		}
	}
	return nil
}
