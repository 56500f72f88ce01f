using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Configuration;

namespace StoryPortal.ServiceDefaults.Listening;

/// <summary>
/// The certificate of the HTTPS port: the configured one (<c>Kestrel:Certificates:Default:Path</c> and <c>Password</c> or <c>KeyPath</c>),
/// else the machine's ASP.NET Core development certificate, else one made in memory so that HTTPS works on a fresh machine.
/// </summary>
internal static class ServerCertificate
{
    // The extension that marks a development certificate: see CertificateManager in dotnet/aspnetcore.
    private const string DevelopmentCertificateOid = "1.3.6.1.4.1.311.84.1.1";

    public static X509Certificate2 For(IConfiguration configuration)
    {
        var settings = configuration.GetSection("Kestrel:Certificates:Default");
        return settings["Path"] is { Length: > 0 } path ? Load(path, settings["KeyPath"], settings["Password"]) : Installed() ?? Create();
    }

    private static X509Certificate2 Load(string path, string? keyPath, string? password) => keyPath is null
        ? X509CertificateLoader.LoadPkcs12FromFile(path, password)
        : X509Certificate2.CreateFromPemFile(path, keyPath);

    private static X509Certificate2? Installed()
    {
        using var store = new X509Store(StoreName.My, StoreLocation.CurrentUser);
        store.Open(OpenFlags.ReadOnly);
        return store.Certificates
            .Find(X509FindType.FindByExtension, DevelopmentCertificateOid, validOnly: false)
            .Find(X509FindType.FindByTimeValid, DateTime.Now, validOnly: false)
            .FirstOrDefault(certificate => certificate.HasPrivateKey);
    }

    private static X509Certificate2 Create()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);

        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName("localhost");
        names.AddIpAddress(IPAddress.Loopback);
        names.AddIpAddress(IPAddress.IPv6Loopback);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false));

        var today = DateTimeOffset.UtcNow;
        var certificate = request.CreateSelfSigned(today.AddDays(-1), today.AddYears(1));

        // Windows serves TLS only with a key that has been imported.
        return OperatingSystem.IsWindows() ? X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pfx), password: null) : certificate;
    }
}
