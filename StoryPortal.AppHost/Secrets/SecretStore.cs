using System.Security.Cryptography;
using System.Text.Json;
using StoryPortal.AppHost.Storage;

namespace StoryPortal.AppHost.Secrets;

/// <summary>Secrets in a file that only its owner may read, beside the data they open.</summary>
internal static class SecretStore
{
    /// <summary>Letters and digits of one secret: 190 bits.</summary>
    public const int Length = 32;

    private const string Alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    private static readonly JsonSerializerOptions Readable = new() { WriteIndented = true };

    public static string GetOrCreate(string path, string name)
    {
        var secrets = Read(path);
        if (!secrets.TryGetValue(name, out var secret))
        {
            secret = RandomNumberGenerator.GetString(Alphabet, Length);
            secrets.Add(name, secret);
            DataDirectory.WritePrivately(path, JsonSerializer.Serialize(secrets, Readable) + "\n");
        }

        return secret;
    }

    private static SortedDictionary<string, string> Read(string path)
    {
        try
        {
            return File.Exists(path) ? JsonSerializer.Deserialize<SortedDictionary<string, string>>(File.ReadAllText(path)) ?? [] : [];
        }
        catch (JsonException exception)
        {
            throw new DistributedApplicationException($"The secrets in {path} cannot be read: {exception.Message} Restore the file, or wipe the data with './start.sh --reset'.", exception);
        }
    }
}
