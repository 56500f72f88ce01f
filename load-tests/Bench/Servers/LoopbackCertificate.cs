using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace StoryPortal.Bench.Servers;

/// <summary>A certificate like the self-signed one of the gateway, as files for the baseline servers.</summary>
internal sealed record LoopbackCertificate(string Pfx, string CertificatePem, string KeyPem)
{
    public static LoopbackCertificate Create()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        using var certificate = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(7));

        var files = new LoopbackCertificate(
            Path.Combine(BenchmarkPaths.Files, "loopback.pfx"),
            Path.Combine(BenchmarkPaths.Files, "loopback.crt"),
            Path.Combine(BenchmarkPaths.Files, "loopback.key"));
        using (var pfx = PrivateFile.Create(files.Pfx))
        {
            pfx.Write(certificate.Export(X509ContentType.Pkcs12));
        }

        File.WriteAllText(files.CertificatePem, certificate.ExportCertificatePem());
        PrivateFile.Write(files.KeyPem, key.ExportPkcs8PrivateKeyPem());
        return files;
    }
}
