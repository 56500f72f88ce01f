using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Configuration;
using StoryPortal.ServiceDefaults.Listening;

using StoryPortal.Tests.Running;

namespace StoryPortal.Tests.Listening;

public sealed class ServerCertificateTests
{
    [Fact]
    public void A_machine_without_a_development_certificate_gets_one_for_localhost()
    {
        using var certificate = ServerCertificate.For(new ConfigurationBuilder().Build());
        Assert.True(certificate.HasPrivateKey);
        Assert.True(certificate.MatchesHostname("localhost"));
        Assert.True(certificate.NotAfter > DateTime.Now);
    }

    [Fact]
    public void A_configured_certificate_is_used()
    {
        using var folder = new TemporaryFolder();
        Directory.CreateDirectory(folder.FullPath);
        var (path, keyPath) = (Path.Combine(folder.FullPath, "cert.pem"), Path.Combine(folder.FullPath, "key.pem"));
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        using var made = new CertificateRequest("CN=portal.example", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        File.WriteAllText(path, made.ExportCertificatePem());
        File.WriteAllText(keyPath, key.ExportPkcs8PrivateKeyPem());

        using var certificate = ServerCertificate.For(new ConfigurationBuilder().AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Kestrel:Certificates:Default:Path"] = path,
            ["Kestrel:Certificates:Default:KeyPath"] = keyPath,
        }).Build());
        Assert.Equal(made.Thumbprint, certificate.Thumbprint);
        Assert.True(certificate.HasPrivateKey);
    }
}
